"""What the fork server of a sweep imports: TensorFlow, and all that trains a trial.

Nothing is computed here: threads of TensorFlow would not be in the processes that are forked.
"""

from bnnc.system.quiet import quiet_start

with quiet_start():
    from bnnc.runtime.backend import use_tensorflow

    use_tensorflow()
    import bnnc.sweeping.training  # noqa: F401  # for the processes that are forked
