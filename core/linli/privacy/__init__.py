"""What becomes of persons' data: the register, own data, consents, corrections, erasure, retention."""
