"""The command ``umkm``: each command is one exported function, and printing."""
