"""Signal ``reuse``: the same picture in other shops, whatever was done to it on the way.

Copies are looked for in three steps, each of which fails alone: hashes of many views of a photo and the nearest
embeddings give candidates; local features lie one photo over the other; the correlation of what then lies over each
other says whether they show the same.
"""
