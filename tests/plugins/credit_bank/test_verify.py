"""`linli verify` of a bank: what its rows say and its book does not is found."""

from linli.clock import today
from linli_plugins.credit_bank.checks import verify_booked, verify_held
from linli_plugins.credit_bank.models import activity, redemption
from tests.plugins.credit_bank.place import CreditPlace


async def test_a_redemption_that_says_otherwise_than_its_hold_is_found(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 3)
    await bank.do("wang", "redeemOffer", member=bank.members["wang"], offer=bank.offers["Haircut"])
    with bank.place.deployment.database.begin() as connection:
        assert verify_held(connection) == []
        connection.execute(redemption.update().values(state="cancelled"))
        (found,) = verify_held(connection)
    assert (found.params["state"], found.params["hold"]) == ("cancelled", "open")


async def test_a_claim_that_says_to_be_booked_is_found(bank: CreditPlace) -> None:
    await bank.join("wang")
    claim = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": str(today())}
    await bank.do("wang", "claimActivity", **claim, note="夜里转了两圈")
    with bank.place.deployment.database.begin() as connection:
        assert verify_booked(connection) == []
        connection.execute(activity.update().values(state="booked"))
        (found,) = verify_booked(connection)
    assert found.key == "credit_bank.not_booked"
