"""The Slicer side: what MRML holds becomes what the Lib works on, and back. RAS and LPS meet here and nowhere else."""
