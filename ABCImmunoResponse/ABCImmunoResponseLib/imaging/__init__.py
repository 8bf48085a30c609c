"""CT images and lesion masks from files: DICOM, NRRD, NIfTI, MetaImage, Slicer and DICOM segmentations."""
