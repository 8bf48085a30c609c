"""ABCImmunoResponse: benefit from immune checkpoint inhibitors in advanced breast cancer, predicted from CT.

Plain Python: nothing here imports slicer, qt, ctk or vtk. Research use only; the bundled model is trained on
simulated patients.
"""

__version__ = "0.1.0"
DISCLAIMER = "research use only; trained on simulated patients"
