// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "store/run_view.hpp"
#include "store/store.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// A run's trials and samples for other programs; results/README.md documents the fields.
namespace assay::exports {

/// Takes the output piece by piece. Error: infrastructure, the disk.
using Sink = std::function<Status(std::string_view)>;

struct ExportedRun {
  store::Store& results;
  store::RunView view;
  bool samples = false;  ///< and events
};

/// One JSON object a line, each with a `type`: the run, claims, trials; then the samples and events of each.
[[nodiscard]] Status write_jsonl(const ExportedRun& run, const Sink& sink);

/// A row for each trial with a column for each counter; with samples instead a row for each sample.
[[nodiscard]] Status write_csv(const ExportedRun& run, const Sink& sink);

/// A zip of .npy files, as numpy.load() takes it: a column for each field of the trials, the samples of each.
[[nodiscard]] Status write_npz(const ExportedRun& run, const Sink& sink);

/// Every counter of any trial, sorted.
[[nodiscard]] std::vector<std::string> counter_names(const store::RunView& view);

}  // namespace assay::exports
