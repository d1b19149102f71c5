"""Files for the checks: DICOMs of one frame and of many, pictures, volumes, segmentations."""
import os
import tempfile

import nibabel
import numpy
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset

folder = tempfile.mkdtemp(prefix="fovea-datamint-")


def path(*parts):
    full = os.path.join(folder, *parts)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def dicom(name, frames=1, rows=16, columns=12, modality="CT", series=None, number=1, **elements):
    """Grey values that differ from pixel to pixel; every frame is brighter than the one before."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7.3" if frames > 1 else "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file = FileDataset(name, {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.PatientName, file.PatientID, file.Modality, file.InstanceNumber = "Doe^Jane", "P-17", modality, number
    file.StudyInstanceUID, file.SeriesInstanceUID = pydicom.uid.generate_uid(), series or pydicom.uid.generate_uid()
    file.StudyDate, file.InstitutionName = "20240229", "General Hospital"
    file.Rows, file.Columns, file.SamplesPerPixel, file.PhotometricInterpretation = rows, columns, 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 0
    file.ImagePositionPatient, file.ImageOrientationPatient, file.PixelSpacing, file.SliceThickness = [0, 0, number * 3], [1, 0, 0, 0, 1, 0], [0.5, 0.5], 3
    if frames > 1:
        file.NumberOfFrames = frames
    for key, value in elements.items():
        setattr(file, key, value)
    values = numpy.arange(rows * columns, dtype=numpy.uint16).reshape(rows, columns)
    file.PixelData = numpy.stack([values + 1000 * (at + 1) for at in range(frames)]).astype("<u2").tobytes()
    full = path(name)
    file.save_as(full, enforce_file_format=True)
    return full


def picture(name, mode="L", width=20, height=10):
    values = numpy.arange(width * height, dtype=numpy.uint8).reshape(height, width)
    Image.fromarray(values if mode == "L" else numpy.stack([values, values // 2, 255 - values], axis=2)).save(path(name))
    return path(name)


def volume(name, shape=(12, 16, 5), labels=None):
    """A NIfTI of grey values, or of labels where a function gives them."""
    values = numpy.arange(numpy.prod(shape), dtype=numpy.int16).reshape(shape) if labels is None else labels(numpy.zeros(shape, numpy.uint8))
    nibabel.save(nibabel.Nifti1Image(values, numpy.diag([0.5, 0.5, 3, 1])), path(name))
    return path(name)


def mask(name, values):
    """A grey PNG of these values (rows, columns)."""
    Image.fromarray(numpy.asarray(values, numpy.uint8)).save(path(name))
    return path(name)


def read(full):
    with open(full, "rb") as file:
        return file.read()
