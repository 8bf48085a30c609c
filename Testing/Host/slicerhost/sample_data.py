"""The module ``SampleData``: what data sets are offered, and getting them. Nothing is ever downloaded here.

A source with a custom downloader is fetched by its button alone: asking for it by name goes by its URIs, as in Slicer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import slicer


@dataclass
class SampleDataSource:
    """A data set: one or several files, each with the name of the node that it is loaded as.

    Raises
    ------
    TypeError
        Without ``uris``: Slicer fails in the same way, also where there is a custom downloader.
    ValueError
        If there are not as many file names and node names as URIs.
    """

    sampleName: str | None = None
    sampleDescription: str | None = None
    uris: Any = None
    fileNames: Any = None
    nodeNames: Any = None
    checksums: Any = None
    loadFiles: Any = None
    customDownloader: Callable | None = None
    thumbnailFileName: str | None = None
    loadFileTypes: Any = None
    loadFileProperties: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.sampleDescription is None:
            self.sampleDescription = self.sampleName
        lists = ("fileNames", "nodeNames", "checksums", "loadFiles", "loadFileTypes")
        if isinstance(self.uris, str):
            self.uris = [self.uris]
            for name in lists:
                setattr(self, name, [getattr(self, name)])
        elif isinstance(self.uris, list | tuple):
            for name in lists[1:]:
                value = getattr(self, name)
                if value is None or (name == "loadFileTypes" and isinstance(value, str)):
                    setattr(self, name, [value] * len(self.uris))
        if any(len(getattr(self, name)) != len(self.uris) for name in lists):
            raise ValueError("All fields of sample data source must have the same length")


class SampleDataLogic:
    """Registers sources under ``slicer.modules.sampleDataSources``, by category, and gets them by name."""

    @staticmethod
    def registerCustomSampleDataCategory(category: str, title: str) -> None:
        titles = vars(slicer.modules).setdefault("sampleDataSourceCategories", {})
        titles.setdefault(category, {})["title"] = title

    @staticmethod
    def registerCustomSampleDataSource(category: str = "Custom", sampleName: str | None = None, **given) -> None:
        """Offer a data set; one that is offered already is not offered twice."""
        source = SampleDataSource(sampleName=sampleName, **given)
        sources = SampleDataLogic.sampleDataSourcesByCategory().setdefault(category, [])
        if source not in sources:
            sources.append(source)

    @staticmethod
    def categoryTitle(category: str) -> str:
        titles = vars(slicer.modules).get("sampleDataSourceCategories", {})
        return titles.get(category, {}).get("title", category)

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None):
        """Return the sources of a category, or all of them by category."""
        sources = vars(slicer.modules).setdefault("sampleDataSources", {})
        return sources if category is None else sources.get(category, [])

    @staticmethod
    def isSampleDataSourceRegistered(category: str, sampleDataSource: SampleDataSource) -> bool:
        if not isinstance(sampleDataSource, SampleDataSource):
            raise TypeError(f"unsupported sampleDataSource type '{type(sampleDataSource)}'")
        return sampleDataSource in SampleDataLogic.sampleDataSourcesByCategory(category)

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        for sources in self.sampleDataSourcesByCategory().values():
            for source in sources:
                if source.sampleName == sampleName:
                    return source
        return None

    def categoryForSource(self, a_source: SampleDataSource) -> str | None:
        for category, sources in self.sampleDataSourcesByCategory().items():
            if a_source in sources:
                return category
        return None

    def downloadFromSource(self, source: SampleDataSource) -> list:
        """Return the paths of a source's files, which must be on this computer and are not loaded.

        Raises
        ------
        NotImplementedError
            For a URI that is no local file, or a file that would be loaded into the scene.
        """
        paths = []
        for uri, load in zip(source.uris, source.loadFiles, strict=True):
            address = urlparse(uri)
            if address.scheme != "file" or load is not False:
                raise NotImplementedError(f"the stand-in host neither downloads nor loads sample data: {uri}")
            paths.append(str(Path(unquote(address.path))))
        return paths

    def downloadSamples(self, sampleName: str) -> list:
        source = self.sourceForSampleName(sampleName)
        return self.downloadFromSource(source) if source else []

    def downloadSample(self, sampleName: str):
        return self.downloadSamples(sampleName)[0]


def downloadSample(sampleName: str):
    return SampleDataLogic().downloadSample(sampleName)


def downloadSamples(sampleName: str) -> list:
    return SampleDataLogic().downloadSamples(sampleName)


def press_button(sampleName: str) -> None:
    """Do what a click on a data set's button in the SampleData module does (the host's own; Slicer has no such name).

    Raises
    ------
    LookupError
        If no such data set is offered.
    """
    source = SampleDataLogic().sourceForSampleName(sampleName)
    if source is None:
        raise LookupError(f"the SampleData module offers no {sampleName}")
    if source.customDownloader:
        source.customDownloader(source)
    else:
        SampleDataLogic().downloadFromSource(source)
