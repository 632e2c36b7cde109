"""What a run would make, take and lack, told before it begins: ``run.sh --plan``."""
