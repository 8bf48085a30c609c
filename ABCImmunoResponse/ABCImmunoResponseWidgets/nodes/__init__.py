"""MRML nodes and the Lib's images, masks and tables."""
