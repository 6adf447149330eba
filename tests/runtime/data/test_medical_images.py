"""DICOM, NIfTI and TIFF files: their values, volumes, and what is refused of them."""

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from bnnc import SpecError
from bnnc.errors import DataError
from bnnc.runtime.data import load, read_images
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.image_file import read_header, read_image
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.survey import survey_data
from bnnc.specs.data import Reading, Resize
from tests.support.tiny_program import program

RNG = np.random.default_rng(80)


def dicom(path: Path, pixels: npt.NDArray[Any], **tags: Any) -> Path:
    """Write an uncompressed DICOM file, [height, width] or [frames, height, width]."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["bnnc"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    bits = pixels.dtype.itemsize * 8
    data.Rows, data.Columns = pixels.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim == 3:
        data.NumberOfFrames = len(pixels)
    for name, value in tags.items():
        setattr(data, name, value)
    data.PixelData = pixels.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def nifti(path: Path, volume: npt.NDArray[Any], slope: float = 1, intercept: float = 0) -> Path:
    """Write x, y and z as they are stored, with a scale."""
    image = nibabel.Nifti1Image(volume, np.eye(4))
    image.header.set_slope_inter(slope, intercept)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.to_filename(path)
    return path


def tiff(path: Path, pages: npt.NDArray[Any]) -> Path:
    first, *others = (Image.fromarray(page) for page in pages)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others)
    return path


# DICOM.


def test_a_computed_tomography_is_read_in_hounsfield_units() -> None:
    path = Path(str(get_testdata_file("CT_small.dcm")))
    header, pixels = read_image(path)
    data = pydicom.dcmread(path)
    assert (header.height, header.width, header.channels, header.bits) == (128, 128, 1, 32)
    assert pixels.dtype == np.float32
    assert (data.RescaleSlope, data.RescaleIntercept) == (1, -1024)
    assert np.array_equal(pixels[..., 0], data.pixel_array.astype(np.float32) - 1024)


def test_rescaled_values_of_a_known_file(tmp_path: Path) -> None:
    stored = RNG.integers(0, 4096, (5, 4), dtype=np.uint16)
    plain = dicom(tmp_path / "a.dcm", stored, BitsStored=12, HighBit=11)
    assert np.array_equal(read_image(plain)[1][..., 0], stored)
    tags = {"BitsStored": 12, "HighBit": 11, "RescaleSlope": "0.5", "RescaleIntercept": "-100"}
    rescaled = dicom(tmp_path / "b.dcm", stored, **tags)
    assert np.array_equal(read_image(rescaled)[1][..., 0], stored * np.float32(0.5) - 100)
    tags["PhotometricInterpretation"] = "MONOCHROME1"
    inverted = dicom(tmp_path / "c.dcm", stored, **tags)
    assert np.array_equal(read_image(inverted)[1][..., 0], (4095 - stored) * np.float32(0.5) - 100)


def test_eight_bits_and_colours_are_bytes() -> None:
    path = Path(str(get_testdata_file("SC_rgb_small_odd.dcm")))
    header, pixels = read_image(path)
    assert (header.channels, header.bits, pixels.dtype.name) == (3, 8, "uint8")
    assert np.array_equal(pixels, pydicom.dcmread(path).pixel_array)
    gray = read_image(path, channels=1)[1]
    as_pillow = np.asarray(Image.fromarray(pixels).convert("L"))
    assert np.array_equal(gray[..., 0], as_pillow)


@pytest.mark.parametrize("named", ["{}.dcm", "{}"])
def test_class_folders_of_dicom_are_trained_on(named: str, tmp_path: Path) -> None:
    images = RNG.integers(0, 17, (3, 4, 6, 6), dtype=np.uint16)
    for label, name in enumerate("abc"):
        for row, image in enumerate(images[label]):
            dicom(tmp_path / name / named.format(row), image)
    facts = path_facts(tmp_path, name="x")
    assert (facts.rows, facts.shape, facts.dtype) == (12, (6, 6, 1), "float32")
    weights = []
    for streaming in (False, True):
        train = load(tmp_path, reading=Reading(streaming=streaming)).train
        assert np.array_equal(np.asarray(train.images), images.reshape(12, 6, 6, 1))
        trained = program(data={"source": str(tmp_path), "streaming": streaming})
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))
    survey, refusal = survey_data(str(tmp_path))
    assert refusal is None
    assert survey.values == (images.min(), images.max())


def test_frames_are_a_volume(tmp_path: Path) -> None:
    frames = RNG.integers(0, 256, (3, 5, 4), dtype=np.uint8)
    header, pixels = read_image(dicom(tmp_path / "a.dcm", frames))
    assert header.shape == (3, 5, 4, 1)
    assert np.array_equal(pixels[..., 0], frames)


def test_a_bad_dicom_file_is_named(tmp_path: Path) -> None:
    text = tmp_path / "a.dcm"
    text.write_text("no image")
    with pytest.raises(DataError, match=r"a\.dcm: cannot be read as DICOM"):
        read_header(text)
    whole = dicom(tmp_path / "b.dcm", RNG.integers(0, 9, (50, 40), dtype=np.uint16))
    whole.write_bytes(whole.read_bytes()[:-1000])
    assert read_header(whole).height == 50
    with pytest.raises(DataError, match=r"b\.dcm: its pixels cannot be decoded"):
        read_image(whole)
    report = Path(str(get_testdata_file("reportsi.dcm")))
    with pytest.raises(DataError, match="a DICOM file without an image"):
        read_header(report)


# NIfTI.


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_volumes_have_depth_height_and_width(suffix: str, tmp_path: Path) -> None:
    stored = RNG.integers(-50, 50, (4, 5, 3), dtype=np.int16)  # x, y, z
    path = nifti(tmp_path / f"a{suffix}", stored, slope=0.5, intercept=7)
    header, pixels = read_image(path)
    assert header == read_header(path)
    assert header.shape == pixels.shape == (3, 5, 4, 1)
    expected = nibabel.load(path).get_fdata()
    for x, y, z in np.ndindex(4, 5, 3):
        assert pixels[z, y, x, 0] == np.float32(expected[x, y, z])
    slice_of = nifti(tmp_path / f"slice{suffix}", stored[..., :1].astype(np.uint8))
    header, pixels = read_image(slice_of)
    assert header.shape == (5, 4, 1)
    assert pixels.dtype == np.uint8


def test_volumes_are_trained_on_with_three_dimensions(tmp_path: Path) -> None:
    volumes = RNG.integers(0, 17, (12, 4, 5, 3)).astype(np.float32)
    for row, volume in enumerate(volumes):
        nifti(tmp_path / "train" / "abc"[row % 3] / f"{row:02}.nii.gz", volume)
    facts = path_facts(tmp_path, name="x")
    assert (facts.rows, facts.shape) == (12, (3, 5, 4, 1))
    layers = [
        {"type": "conv3d", "filters": 2, "kernel_size": 2, "activation": "relu"},
        {"type": "flatten"},
        {"type": "dense", "units": 3},
    ]
    weights = []
    for streaming in (False, True):
        data = {"source": str(tmp_path), "streaming": streaming}
        shape = {"shape": [3, 5, 4, 1], "value_range": [0, 16]}
        trained = program(
            "none", input=shape, layers=layers, data=data, bayesian={"method": "none"}
        )
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))
    survey, refusal = survey_data(str(tmp_path))
    assert refusal is None
    assert survey.shape == (3, 5, 4, 1)
    read = read_images(tmp_path / "train" / "a", shape=(3, 5, 4, 1))
    assert np.array_equal(read.images[1, ..., 0], volumes[3].T)
    with pytest.raises(SpecDataError, match="is a volume of 3 slices, and `data.resize`"):
        load(tmp_path, reading=Reading(Resize(height=2, width=2)))


def test_a_bad_nifti_file_is_named(tmp_path: Path) -> None:
    whole = nifti(tmp_path / "a.nii.gz", RNG.random((20, 20, 20), np.float32))
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    assert read_header(whole).depth == 20
    with pytest.raises(DataError, match=r"a\.nii\.gz: cannot be read as NIfTI"):
        read_image(whole)
    whole.write_bytes(gzip.compress(b"no volume at all" * 100))
    with pytest.raises(DataError, match=r"a\.nii\.gz: cannot be read as NIfTI"):
        read_header(whole)
    series = nifti(tmp_path / "b.nii", np.zeros((2, 2, 2, 5), np.uint8))
    with pytest.raises(DataError, match=r"b\.nii: .* 2 × 2 × 2 × 5 numbers"):
        read_header(series)
    hole = nifti(tmp_path / "c.nii", np.full((2, 2, 2), np.nan, np.float32))
    with pytest.raises(DataError, match=r"c\.nii: has values that are NaN"):
        read_image(hole)


# TIFF.


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_pages_are_a_volume(dtype: str, tmp_path: Path) -> None:
    pages = RNG.integers(0, 250, (3, 5, 4)).astype(dtype)
    header, pixels = read_image(tiff(tmp_path / "a.tif", pages))
    assert header.shape == (3, 5, 4, 1)
    assert np.array_equal(pixels[..., 0], pages)
    for name in "ab":
        for row in range(3):
            tiff(tmp_path / "in" / name / f"{row}.tif", pages)
    facts = path_facts(tmp_path / "in", name="x")
    data = load(tmp_path / "in").train.images
    assert (facts.shape, facts.dtype) == ((3, 5, 4, 1), data.dtype.name)
    assert np.array_equal(data[4, ..., 0], pages)


def test_a_real_number_is_read_as_it_is(tmp_path: Path) -> None:
    real = RNG.normal(size=(1, 5, 4)).astype(np.float32)
    header, pixels = read_image(tiff(tmp_path / "a.tif", real))
    assert (header.shape, header.bits, pixels.dtype.name) == ((5, 4, 1), 32, "float32")
    assert np.array_equal(pixels[..., 0], real[0])
    assert read_image(tmp_path / "a.tif", channels=3)[1].shape == (5, 4, 3)
    real[0, 2, 2] = np.inf
    with pytest.raises(DataError, match="NaN or infinite"):
        read_image(tiff(tmp_path / "b.tif", real))


def test_volumes_do_not_go_with_images(tmp_path: Path) -> None:
    pages = RNG.integers(0, 17, (3, 6, 6), dtype=np.uint8)
    for name in "abc":
        tiff(tmp_path / name / "0.tif", pages)
    with pytest.raises(SpecError, match=r"BNN213.* have the shape \[3, 6, 6, 1\]"):
        program(data={"source": str(tmp_path)})
    arrays = load(tmp_path).train
    with pytest.raises(DataError, match="a volume of 3 slices: save the slices as image files"):
        program().fit(arrays.images, arrays.labels, verbose=0)
    tiff(tmp_path / "a" / "1.tif", pages[:1])
    with pytest.raises(DataError, match="is a volume of 3 slices, and other files are images"):
        load(tmp_path)
    unlike = tmp_path / "unlike.tif"
    small = Image.fromarray(pages[0, :4])
    Image.fromarray(pages[0]).save(unlike, save_all=True, append_images=[small])
    with pytest.raises(DataError, match="holds 2 images, and image 2 has another size"):
        read_header(unlike)
