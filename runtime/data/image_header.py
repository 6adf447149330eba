"""What is known of an image before any of its pixels is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Header of an image file.

    Attributes:
        height: rows of pixels.
        width: columns of pixels.
        channels: 1 for gray, 3 for colour; a palette counts as its colours.
        bits: bits a channel: 8, fewer are scaled to 8; 16; or 32 of real numbers.
        depth: slices of a volume; None for an image.
    """

    height: int
    width: int
    channels: int
    bits: int
    depth: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """[height, width, channels] of an image, [depth, height, width, channels] of a volume."""
        image = (self.height, self.width, self.channels)
        return image if self.depth is None else (self.depth, *image)

    @property
    def size(self) -> tuple[int, ...]:
        """The shape without the channels."""
        return self.shape[:-1]

    @property
    def dtype(self) -> str:
        """Type of the pixels as rows of data: `uint8` or `float32`."""
        return "uint8" if self.bits <= 8 else "float32"
