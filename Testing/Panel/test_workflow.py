"""The module's own self test on the stand-in host, whose panel is clicked through as in a real Slicer."""

import slicer


def test_the_self_test_takes_a_case_by_clicks_and_by_scripts_to_the_same_scores(panel_widget, caplog):
    caplog.set_level("INFO")
    slicer.selfTests["ABCImmunoResponse"]()
    assert caplog.text.count("Test passed") == 1
    assert "Not tested here" not in caplog.text
