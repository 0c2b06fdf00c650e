"""What one file's text says, and nothing else.

Facts depend on the text alone: no options, no catalogue, no other file. That is what makes them safe to keep for as
long as the text stays the same.
"""
