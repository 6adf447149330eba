"""BNN287."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN287", needs=("data.cache", "data.streaming"))
def cache_of_images_in_memory(view: View, report: Report) -> list[Diagnostic]:
    """The decoded images are to be kept on disk, but they are kept in memory.

    ## What it does
    Finds `data.cache: disk` with `data.streaming: false`.

    ## Why it is bad
    The cache on disk holds the decoded images of data that is streamed, so that they are not decoded
    in every epoch. Images in memory are decoded once: the cache would never be read.

    ## Example
    ```yaml
    data: {source: ./retina, streaming: false, cache: disk}
    ```

    ## Use instead
    ```yaml
    data: {source: ./retina, streaming: true, cache: disk}
    ```
    """
    if view.data is None or view.data.cache is None or view.data.streaming is not False:
        return []
    return [
        report(
            view.span_of("data", "cache"),
            "`cache: disk` is for images that are streamed, and these are kept in memory",
            label="keeps decoded images in a file",
            related=(Label(view.span_of("data", "streaming"), "reads all images into memory"),),
            help=("delete `cache`, or write `streaming: true`",),
            fixes=(view.fix_delete("data", "cache", safe=True),),
        )
    ]
