"""What VTK and MRML report as errors and warnings."""

import vtk


class Messages:
    """Collects them, so that a test can fail on them; while it is active they go nowhere else."""

    def __init__(self):
        self._messages: list[str] = []
        self._window = vtk.vtkStringOutputWindow()
        receive = self._receive
        self._window.AddObserver("ErrorEvent", receive)
        self._window.AddObserver("WarningEvent", receive)
        self.activate()

    def activate(self) -> None:
        """Collect from now on."""
        vtk.vtkOutputWindow.SetInstance(self._window)
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)  # a test that fails on them shows them

    def _receive(self, caller, event, message):
        self._messages.append(message)

    _receive.CallDataType = vtk.VTK_STRING

    def take(self) -> list[str]:
        """Return the messages since the last call."""
        taken, self._messages = self._messages, []
        return taken
