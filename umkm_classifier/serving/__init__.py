"""A trained model behind the doors that programs knock at."""
