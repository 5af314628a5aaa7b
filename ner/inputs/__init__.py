"""Posts to numbers: what each network is fed."""
