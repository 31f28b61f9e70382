"""Why a backup or a restoration is refused: a key for the catalogue of messages."""

from linli.messages import Translator


class BackupError(Exception):
    """Nothing was made, or nothing was touched; `key` and `params` name the sentence."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params
        super().__init__(f"{key} {params}")

    def sentence(self, translator: Translator) -> str:
        """Return why, in words."""
        return translator.text(self.key, **self.params)
