"""From a CT and a mask to what features are computed on: a 1 mm box around the lesion, and its filtered images."""
