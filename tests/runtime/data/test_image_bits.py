"""Pixels keep the bits that their file's own header says."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, load, read_images

RNG = np.random.default_rng(31)
# The kinds of PNG's colours, by the number of channels.
KINDS = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    path: Path, rows: list[bytes], width: int, bits: int, kind: int, *others: tuple[bytes, bytes]
) -> None:
    """Write a PNG of the bits and the kind given, as the standard says, without a library."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIBBBBB", width, len(rows), bits, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(*other) for other in others)
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
        + chunk(b"IEND", b"")
    )


def png16(path: Path, pixels: npt.NDArray[np.uint16], *others: tuple[bytes, bytes]) -> None:
    rows = [row.astype(">u2").tobytes() for row in pixels]
    png(path, rows, pixels.shape[1], 16, KINDS[pixels.shape[2]], *others)


def pixels16(channels: int, *, opaque: bool = True) -> npt.NDArray[np.uint16]:
    array = RNG.integers(0, 65536, size=(6, 5, channels), dtype=np.uint16)
    if channels in (2, 4) and opaque:
        array[..., -1] = 65535
    return array


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_sixteen_bits_keeps_every_value(tmp_path: Path, channels: int) -> None:
    arrays = [pixels16(channels) for _ in range(2)]
    for name, array in zip(("a", "b"), arrays, strict=True):
        png16(tmp_path / name / "0.png", array)
    images = load(tmp_path).train.images
    kept = channels - 1 if channels in (2, 4) else channels
    assert images.dtype == np.float32
    assert np.array_equal(images, np.stack(arrays)[..., :kept])
    predicted = read_images(tmp_path, shape=(6, 5, kept)).images
    assert np.array_equal(predicted, images)


@pytest.mark.parametrize("channels", [2, 4])
def test_transparent_pixels_of_sixteen_bits_are_laid_on_white(
    tmp_path: Path, channels: int
) -> None:
    array = pixels16(channels, opaque=False)
    png16(tmp_path / "0.png", array)
    read = read_images(tmp_path, shape=(6, 5, channels - 1))
    colour, alpha = array[..., :-1].astype(float), array[..., -1:] / 65535
    assert np.abs(read.images[0] - (colour * alpha + 65535 * (1 - alpha))).max() <= 0.5
    assert "1 image has transparent pixels, which are laid on white" in read.notes[0]


def test_a_transparent_colour_of_sixteen_bits_is_laid_on_white(tmp_path: Path) -> None:
    array = pixels16(3)
    png16(tmp_path / "0.png", array, (b"tRNS", array[0, 0].astype(">u2").tobytes()))
    (image,) = read_images(tmp_path, shape=(6, 5, 3)).images
    assert image[0, 0].tolist() == [65535] * 3
    assert np.array_equal(image[1:], array[1:])


def test_colours_of_sixteen_bits_are_weighed_into_gray_as_those_of_eight(tmp_path: Path) -> None:
    array = pixels16(3)
    png16(tmp_path / "0.png", array)
    (image,) = read_images(tmp_path, shape=(6, 5, 1)).images
    assert np.abs(image[..., 0] - array @ np.array([0.299, 0.587, 0.114])).max() < 1


def test_gray_and_colour_of_sixteen_bits_are_read_together(tmp_path: Path) -> None:
    gray, colour = pixels16(1), pixels16(3)
    png16(tmp_path / "a/0.png", gray)
    png16(tmp_path / "b/0.png", colour)
    images = load(tmp_path).train.images
    assert np.array_equal(images[0], np.repeat(gray, 3, axis=-1))
    assert np.array_equal(images[1], colour)


@pytest.mark.parametrize("part", ["train/b", "val/a", "test/b"])
def test_eight_and_sixteen_bits_in_one_data_set_are_refused(tmp_path: Path, part: str) -> None:
    for folder in ("train/a", "train/b", "val/a", "val/b", "test/a", "test/b"):
        if folder != part:
            png16(tmp_path / folder / "0.png", pixels16(3))
    (tmp_path / part).mkdir(parents=True)
    Image.fromarray(np.zeros((6, 5, 3), dtype=np.uint8)).save(tmp_path / part / "0.png")
    with pytest.raises(DataError, match=rf"{part}/0\.png: has 8 bits a channel.* has 16\. Expect"):
        load(tmp_path)


def test_eight_and_sixteen_bits_are_not_predicted_together(tmp_path: Path) -> None:
    png16(tmp_path / "0.png", pixels16(3))
    Image.fromarray(np.zeros((6, 5, 3), dtype=np.uint8)).save(tmp_path / "1.png")
    with pytest.raises(DataError, match=r"1\.png: has 8 bits a channel"):
        read_images(tmp_path, shape=(6, 5, 3))


def test_a_png_of_sixteen_bits_cut_at_any_offset_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    png16(path, pixels16(3))
    whole = path.read_bytes()
    for offset in range(0, len(whole), 7):
        path.write_bytes(whole[:offset])
        with pytest.raises(DataError, match=r"0\.png: cannot be read as an image"):
            read_images(path, shape=(6, 5, 3))


@pytest.mark.parametrize(("bits", "levels"), [(1, 2), (2, 4), (4, 16)])
def test_fewer_bits_are_scaled_to_eight(tmp_path: Path, bits: int, levels: int) -> None:
    values = np.arange(8, dtype=np.uint8) % levels
    packed = np.packbits(np.unpackbits(values[:, np.newaxis], axis=1)[:, -bits:])
    png(tmp_path / "0.png", [packed.tobytes()], 8, bits, 0)
    (image,) = read_images(tmp_path, shape=(1, 8, 1)).images
    assert image.ravel().tolist() == (values * (255 // (levels - 1))).tolist()


@pytest.mark.parametrize(("blue", "channels"), [(80, 1), (81, 3)])
def test_a_palette_of_grays_is_gray(tmp_path: Path, blue: int, channels: int) -> None:
    for name in ("a", "b"):
        palette = bytes([0, 0, 0, 80, 80, blue])
        png(tmp_path / name / "0.png", [b"\0\1\0"], 3, 8, 3, (b"PLTE", palette))
    images = load(tmp_path).train.images
    assert images.shape == (2, 1, 3, channels)
    assert images[0, 0, :, 0].tolist() == [0, 80, 0]


def tiff(path: Path, image: Image.Image, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def test_gray_tiff_of_sixteen_bits_keeps_every_value(tmp_path: Path) -> None:
    array = pixels16(1)[..., 0]
    for name in ("a", "b"):
        tiff(tmp_path / name / "0.tif", Image.fromarray(array))
    images = load(tmp_path).train.images
    assert images.shape == (2, 6, 5, 1)
    assert np.array_equal(images[1, ..., 0], array)


@pytest.mark.parametrize("suffix", ["tif", "tiff", "webp"])
def test_tiff_and_webp_of_eight_bits_are_read(tmp_path: Path, suffix: str) -> None:
    array = RNG.integers(0, 256, size=(6, 5, 3), dtype=np.uint8)
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(array).save(tmp_path / f"0.{suffix}", **options)
    assert np.array_equal(read_images(tmp_path, shape=(6, 5, 3)).images[0], array)


def colour_tiff_of_16_bits() -> bytes:
    """A baseline TIFF of one pixel, three samples of 16 bits, which Pillow would cut to 8."""
    tags = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 3, 146), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 152), (277, 3, 1, 3), (278, 3, 1, 1), (279, 4, 1, 6)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    header = b"II*\0" + struct.pack("<I", 8)
    # 8 bytes of header, 2 + 9 × 12 + 4 of the directory: 122; the bits are at 146, the pixel at 152.
    body = (header + directory).ljust(146, b"\0")
    return body + struct.pack("<HHH", 16, 16, 16) + struct.pack("<HHH", 1900, 2000, 2100)


def test_pixels_that_would_be_clipped_are_refused_with_their_kind(tmp_path: Path) -> None:
    cases = {
        "colour.tif": r"a TIFF file with 3 × 16 bits of whole numbers",
        "long.tif": r"a TIFF file with 1 × 32 bits of signed numbers",
        "deep.jpg": r"a JPEG file of 12 bits",
    }
    (tmp_path / "colour.tif").write_bytes(colour_tiff_of_16_bits())
    Image.fromarray(np.zeros((1, 1), dtype=np.int32)).save(tmp_path / "long.tif")
    plain = BytesIO()
    Image.new("L", (8, 8)).save(plain, format="JPEG")
    data = bytearray(plain.getvalue())
    data[data.index(b"\xff\xc0") + 4] = 12  # the precision in the frame header
    (tmp_path / "deep.jpg").write_bytes(data)
    for name, received in cases.items():
        with pytest.raises(DataError, match=rf"{name}: expected 8 bits.*Received: {received}"):
            read_images(tmp_path / name, shape=(1, 1, 3))


def test_a_tiff_of_several_images_is_refused(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 3), value) for value in (10, 200)]
    pages[0].save(tmp_path / "0.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match=r"0\.tif: holds 2 images.*Expected one image a file"):
        read_images(tmp_path, shape=(3, 4, 1))


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_animations_are_counted(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("L", (4, 3), value) for value in (10, 200)]
    for name in ("0", "1"):
        frames[0].save(tmp_path / f"{name}.{suffix}", save_all=True, append_images=frames[1:])
    (note,) = read_images(tmp_path, shape=(3, 4, 1)).notes
    assert "2 files are animations, of which the first frame is read" in note
    assert f"(the first is 0.{suffix})" in note


def test_photographs_that_are_stored_turned_are_counted(tmp_path: Path) -> None:
    image, exif = Image.new("RGB", (4, 3)), Image.Exif()
    image.putpixel((0, 0), (255, 0, 0))
    exif[0x0112] = 6  # a quarter turn clockwise
    image.save(tmp_path / "0.png", exif=exif)
    images, _, notes = read_images(tmp_path, shape=(3, 4, 3))
    assert images[0, 0, 0].tolist() == [255, 0, 0]
    assert "1 photograph is stored turned (EXIF orientation)" in notes[0]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK"])
def test_a_jpeg_or_bmp_of_other_channels_is_read_in_colour(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "bmp"
    image = Image.new("RGB", (8, 8), (250, 10, 20)).convert(mode)
    image.save(tmp_path / f"0.{suffix}")
    (read,) = read_images(tmp_path, shape=(8, 8, 3)).images
    assert np.abs(read.astype(int) - np.array([250, 10, 20])).max() <= 2
