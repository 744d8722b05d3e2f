"""A package by name, because a library of ours installs a package `tests` of its own."""
