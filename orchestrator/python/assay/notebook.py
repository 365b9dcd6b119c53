# SPDX-License-Identifier: GPL-2.0-or-later
"""What the notebooks of the experiments share: tables and plots of a run. Wants pandas, matplotlib and IPython.

A function that is given None instead of a run (there is none yet) shows nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib  # type: ignore[import]
import numpy as np
import pandas  # type: ignore[import]
from IPython.display import Markdown, display  # type: ignore[import]
from matplotlib import pyplot

from ._native import UsageError
from .control import Building, Ended, Note, Phase, Planned, RunEvent
from .guest import Workload
from .records import Side, Verdict
from .results import Run
from .results import open as open_results
from .samples import Samples

#: Those of the HTML report, told apart also by those who do not see all colours (Okabe and Ito's, darkened).
COLOURS = ("#0064a6", "#c04a00", "#00795a", "#9a4f80", "#6b6b00", "#2e7ea8")
#: What variants have beside it: after six of them other dashes, after twelve hollow marks.
DASHES = ("-", "--", ":", "-.")
MARKS = "oDs^"
VERDICT_COLOURS = {"holds": "#228833", "refuted": "#cc3311", "inconclusive": "#aa7700", "not run": "#777777"}
_SIGNS = {"<=": "\u2264", ">=": "\u2265"}

pyplot.rcParams.update(
    {
        "figure.dpi": 100,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": "medium",
        "axes.titlelocation": "left",
        "axes.grid": True,
        "grid.alpha": 0.25,
    }
)


def latest(experiment: str, results: str | os.PathLike[str] | None = None) -> Run | None:
    """The newest run of an experiment; where there is none, says how to make one and gives None."""
    try:
        run = open_results(results).latest(experiment)
    except UsageError:  # no database yet
        run = None
    if run is None:
        display(
            Markdown(
                f"There is no run of **{experiment}** yet. In a shell, at the top of the source tree:\n\n"
                f"    build/orchestrator/assay run {experiment}\n\nThen run this notebook again."
            )
        )
    return run


def show_run(run: Run | None) -> None:
    """What ran, on what, and how far it came."""
    if run is None:
        return
    kernels = ", ".join(f"{kernel.variant} = {kernel.release} [{kernel.id[:12]}]" for kernel in run.kernels)
    outcomes = pandas.Series([trial.outcome for trial in run.trials], dtype=object).value_counts()
    counted = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()) or "none has ended"
    rows = {
        "run": f"{run.id} ({run.state})",
        "kernels": kernels,
        "host": f"{run.host.get('qemu', '?')}, {run.host.get('accelerator', '?')}",
        "trials": f"{run.done} of {run.planned}: {counted}",
    }
    display(Markdown(f"## {_plain(run.title)}"))
    display(pandas.DataFrame({"": list(rows.values())}, index=list(rows)).style)


def claims_table(run: Run) -> pandas.DataFrame:
    """A row for each claim: verdict, what it says, the figure, and its median on each side with the number of trials."""
    rows = []
    for verdict in run.verdicts:
        medians = [
            f"{side.variant} {np.median(values):.4g} ({len(values)})"
            for side in verdict.sides
            if len(values := _finite(side))
        ]
        rows.append((verdict.claim, verdict.verdict, verdict.says, verdict.figure, ", ".join(medians)))
    return pandas.DataFrame(rows, columns=["claim", "verdict", "says", "figure", "median (trials)"])


def show_claims(run: Run | None) -> None:
    """The claims with their verdicts."""
    if run is None:
        return
    if not run.verdicts:
        display(Markdown("The run has no verdicts yet: it has not ended."))
        return
    style = claims_table(run).style.hide(axis="index").format(escape="html")
    style = style.set_properties(**{"text-align": "left", "vertical-align": "top"})
    style = style.set_table_styles([{"selector": "th", "props": "text-align: left"}])
    display(style.applymap(_verdict_style, subset=["verdict"]))


def plot_claims(run: Run | None, claims: Sequence[str] | None = None) -> None:
    """For each claim (or these) the figures that decide it: a point for each trial, the median, what was expected."""
    if run is None:
        return
    chosen = [verdict for verdict in run.verdicts if claims is None or verdict.claim in claims]
    shown = [verdict for verdict in chosen if any(len(_finite(side)) for side in verdict.sides)]
    if not shown:
        return
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4.2 * columns, 2.9 * rows), squeeze=False)
    for axis, verdict in zip(axes.flat, shown):
        plot_claim(verdict, axis, run.variants)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    figure.tight_layout()
    display(figure)
    pyplot.close(figure)


def plot_claim(verdict: Verdict, axis: matplotlib.axes.Axes, variants: Sequence[str] = ()) -> None:
    """One claim into one pair of axes. `variants` are all of the run's, so that each has its colour everywhere."""
    spread = np.random.default_rng(1)
    for place, side in enumerate(verdict.sides):
        values = _finite(side)
        known = [*variants, *(one.variant for one in verdict.sides)]
        colour = _colour(side.variant, known)
        jitter = place + spread.uniform(-0.16, 0.16, len(values))
        axis.plot(jitter, values, _mark(side.variant, known), color=colour, alpha=0.6, markersize=5,
                  fillstyle="none" if _is_hollow(side.variant, known) else "full")  # fmt: skip
        if len(values):
            axis.hlines(np.median(values), place - 0.28, place + 0.28, color=colour, linewidth=2)
        if side.estimate is not None:
            axis.vlines(place + 0.34, side.estimate.low, side.estimate.high, color=colour, linewidth=2)
        for sign, limit in side.limits:
            axis.hlines(limit, place - 0.42, place + 0.42, color="black", linestyle=":", linewidth=1)
            above = "top" if sign.startswith(">") else "bottom"  # the word stands where figures should not
            text = f"{_SIGNS.get(sign, sign)} {limit:.4g}"
            axis.text(place + 0.42, limit, text, ha="right", va=above, fontsize="x-small", color="#555555")
    names = [side.variant for side in verdict.sides]
    slanted: dict[str, Any] = {"rotation": 20, "ha": "right"} if len("".join(names)) > 24 else {}
    axis.set_xticks(range(len(names)), names, **slanted)
    axis.set_xlim(-0.6, len(names) - 0.4)
    low, high = axis.get_ylim()
    if -0.1 < low < 0 < high < 0.1:  # nothing but zeros
        axis.set_ylim(-0.05, 1)
    axis.set_ylabel(verdict.figure.replace("$", r"\$"), fontsize="small")
    axis.set_title(f"{verdict.claim}: {verdict.verdict}", color=VERDICT_COLOURS.get(verdict.verdict, "black"))


def plot_metric(run: Run | None, metric: str, workload: str | None = None, trials: int = 5) -> None:
    """How a sampled metric grew in the first trials of each variant, from each trial's first sample."""
    if run is None:
        return
    figure, axis = pyplot.subplots(figsize=(8, 3.2))
    drawn = False
    for variant in run.variants:
        chosen = [trial for trial in run.trials if trial.variant == variant and workload in (None, trial.workload)]
        label = variant
        for trial in chosen[:trials]:
            series = trial.samples(metric).get(metric) if metric in trial.metrics else None
            if series is not None and len(series) > 1:
                axis.plot(series.time_s, series.values - series.values[0], color=_colour(variant, run.variants),
                          linestyle=_dash(variant, run.variants), alpha=0.7, label=label)  # fmt: skip
                label, drawn = "_", True
    axis.set(xlabel="seconds of the guest", title=metric if workload is None else f"{metric}, {workload}")
    if drawn:
        axis.legend(frameon=False)
        display(figure)
    else:
        display(Markdown(f"No trial has samples of `{metric}`."))
    pyplot.close(figure)


def plot_cells(run: Run | None, workload: str, prefix: str) -> None:
    """Counters PREFIX.ROW.COLUMN of a workload, a picture for each variant: the part of its trials in which a cell
    is not 0. Cells that no trial has stay empty."""
    if run is None:
        return
    trials = [trial for trial in run.trials if trial.workload == workload and trial.outcome == "pass"]
    names = [name.split(".") for trial in trials for name in trial.counters if name.startswith(prefix + ".")]
    cells = list(dict.fromkeys((name[1], name[2]) for name in names if len(name) == 3))
    if not cells:
        display(Markdown(f"No trial of `{workload}` has cells `{prefix}.*.*`."))
        return
    rows, columns = list(dict.fromkeys(row for row, _ in cells)), list(dict.fromkeys(column for _, column in cells))
    variants = [variant for variant in run.variants if any(trial.variant == variant for trial in trials)]
    size = (1.2 + 0.32 * len(columns) * len(variants), 1.4 + 0.26 * len(rows))
    figure, axes = pyplot.subplots(1, len(variants), figsize=size, squeeze=False, sharey=True)
    for axis, variant in zip(axes.flat, variants):
        parts = np.full((len(rows), len(columns)), np.nan)
        for row, column in cells:
            values = [trial.counters.get(f"{prefix}.{row}.{column}") for trial in trials if trial.variant == variant]
            there = [value != 0 for value in values if value is not None]
            if there:
                parts[rows.index(row), columns.index(column)] = np.mean(there)
        axis.imshow(parts, cmap="Reds", vmin=0, vmax=1.3, aspect="auto")
        axis.set_xticks(range(len(columns)), columns, rotation=90)
        axis.set_yticks(range(len(rows)), rows)
        axis.set_title(variant)
        axis.grid(False)
    figure.tight_layout()
    display(figure)
    pyplot.close(figure)


def progress() -> Callable[[RunEvent], None]:
    """For `on_event`: a bar where there are widgets (ipywidgets 7 or newer), else a line that changes."""
    show = _widget_bar() or _line()
    done, planned, text = 0, 0, ""

    def tell(event: RunEvent) -> None:
        nonlocal done, planned, text
        if isinstance(event, Planned):
            done, planned = event.done, event.trials
        elif isinstance(event, Ended):
            done += 1
        text = _told(event) or text
        show(done, planned, text)

    return tell


Show = Callable[[int, int, str], None]


def _widget_bar() -> Show | None:
    try:
        import ipywidgets  # type: ignore[import]
    except ImportError:
        return None
    if int(ipywidgets.__version__.split(".")[0]) < 7:  # Debian 12's speaks a protocol that is no more
        return None
    bar, label = ipywidgets.IntProgress(description="trials", max=1), ipywidgets.Label()
    display(ipywidgets.HBox([bar, label]))

    def show(done: int, planned: int, text: str) -> None:
        bar.max, bar.value, label.value = max(1, planned), done, text

    return show


def _line() -> Show:
    shown = display(Markdown("..."), display_id=True)

    def show(done: int, planned: int, text: str) -> None:
        count = f"{done} of {planned} trials" if planned else ""
        line = Markdown(", ".join(part for part in (count, _plain(text)) if part))
        if shown is not None:
            shown.update(line)

    return show


def live_plot(work: Workload, metrics: Sequence[str], title: str = "") -> Samples:
    """Draws metrics of a workload while it runs, as growth since the first sample; all samples at its end."""
    figure, axis = pyplot.subplots(figsize=(8, 3.2))
    shown = display(figure, display_id=True)
    for _ in work:
        _draw_growth(axis, work.samples(), metrics, title or work.name)
        shown.update(figure)
    samples = work.samples()
    _draw_growth(axis, samples, metrics, title or work.name)
    shown.update(figure)
    pyplot.close(figure)
    return samples


def _draw_growth(axis: matplotlib.axes.Axes, samples: Samples, metrics: Sequence[str], title: str) -> None:
    axis.clear()
    for place, (metric, colour) in enumerate(zip(metrics, COLOURS)):
        if metric in samples:
            series = samples[metric]
            width = max(1.5, 5 - 2 * place)  # lines that coincide are all seen
            axis.plot(series.time_s, series.values - series.values[0], color=colour, label=metric, linewidth=width)
    axis.set(xlabel="seconds of the guest", title=title)
    if axis.lines:
        axis.legend(frameon=False, loc="upper left")


def _told(event: RunEvent) -> str:
    if isinstance(event, Building):
        return f"kernel {event.variant}: {event.text}"
    if isinstance(event, Phase):
        return f"{event.variant} #{event.repeat + 1}: {event.phase} {event.workload}".rstrip()
    if isinstance(event, Note):
        return event.text
    return ""


def _colour(variant: str, variants: Sequence[str]) -> str:
    return COLOURS[list(variants).index(variant) % len(COLOURS)]


def _dash(variant: str, variants: Sequence[str]) -> str:
    return DASHES[list(variants).index(variant) // len(COLOURS) % len(DASHES)]


def _mark(variant: str, variants: Sequence[str]) -> str:
    return MARKS[list(variants).index(variant) % len(MARKS)]


def _is_hollow(variant: str, variants: Sequence[str]) -> bool:
    return list(variants).index(variant) // 12 % 2 == 1


def _finite(side: Side) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = np.asarray(side.values, dtype=np.float64)
    return np.asarray(values[np.isfinite(values)])


def _verdict_style(verdict: str) -> str:
    return f"color: {VERDICT_COLOURS.get(verdict, 'inherit')}; font-weight: bold"


def _plain(text: str) -> str:
    """What a guest or a patch says, not as Markdown, TeX or HTML."""
    return re.sub(r"[\\`*_{}\[\]<>#$|]", lambda found: f"\\{found[0]}" if found[0] != "<" else "&lt;", text)
