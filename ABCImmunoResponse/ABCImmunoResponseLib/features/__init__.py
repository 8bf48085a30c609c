"""From a CT and masks to 1130 radiomic features a lesion: recipe, names, extraction engines and the table."""
