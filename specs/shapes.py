"""The shape of one example, and the names of its axes."""

# Sizes of one example, without the batch: [height, width, channels], or [features] of a row.
Shape = tuple[int, ...]

# By the number of axes. Three dimensions are the most that Keras has convolutions for.
AXES: dict[int, tuple[str, ...]] = {
    1: ("features",),
    2: ("steps", "channels"),
    3: ("height", "width", "channels"),
    4: ("depth", "height", "width", "channels"),
}
FEWEST_AXES, MOST_AXES = 1, 4  # of an example as it comes: a row of a table to a volume


def axes_text(axes: int) -> str:
    """The axes of a shape with so many numbers, as in `[height, width, channels]`."""
    return f"[{', '.join(AXES[axes])}]"


def shape_text(shape: Shape) -> str:
    """A shape as a spec has it, as in `[28, 28, 1]`."""
    return f"[{', '.join(map(str, shape))}]"


def axis_names(axes: int) -> tuple[str, ...]:
    """The axes as the positions along them are named: a channel is one of the channels."""
    return tuple({"steps": "step", "channels": "channel"}.get(one, one) for one in AXES[axes])


def dimensions(shape: Shape) -> int:
    """How many axes positions lie along: 2 of an image, 0 of a row."""
    return len(shape) - 1
