// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/estimate.hpp"

#include "base/files.hpp"
#include "cli/verb.hpp"
#include "experiment/plan.hpp"
#include "store/open_store.hpp"
#include "trial/scheduler.hpp"

#include <algorithm>
#include <ctime>

namespace assay::cli {
namespace {

/// Boot, some workloads and the end, emulated, on a core of its own.
constexpr auto usual_guest = std::chrono::seconds(6);

std::optional<std::time_t> utc_time(const std::string& text) {
  std::tm utc{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return end != nullptr && *end == '\0' ? std::optional(::timegm(&utc)) : std::nullopt;
}

}  // namespace

std::optional<PastRun> last_run_of(const std::string& experiment, const std::vector<store::RunInfo>& runs) {
  for (const auto& run : runs) {
    const auto began = utc_time(run.started);
    const auto ended = utc_time(run.finished);
    if (run.experiment == experiment && run.state == "finished" && run.done > 0 && began && ended) {
      return PastRun{std::chrono::seconds(std::max<std::time_t>(1, *ended - *began)), run.done};
    }
  }
  return std::nullopt;
}

Nanoseconds time_for_guests(const experiment::Experiment& experiment, const std::optional<PastRun>& past) {
  if (past) {
    const auto trials = experiment::planned_trials(experiment);
    return past->took / past->trials * static_cast<std::int64_t>(trials);
  }
  const auto guests = experiment::plan(experiment, {}).size();
  const auto at_once = trial::host_capacity().guests;
  return usual_guest * static_cast<std::int64_t>((guests + at_once - 1) / at_once);
}

std::string about(Nanoseconds duration) {
  constexpr std::int64_t minute = 60;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < minute) {
    return fmt::format("about {} s", std::max<std::int64_t>(1, (seconds + 5) / 10) * 10);
  }
  const auto minutes = (seconds + minute / 2) / minute;
  return minutes < 2 * minute ? fmt::format("about {} min", minutes)
                              : fmt::format("about {} h", (minutes + minute / 2) / minute);
}

std::vector<store::RunInfo> past_runs(const Places& places) {
  std::error_code error;
  if (!fs::exists(places.database(), error)) {
    return {};
  }
  const auto results = store::read_store(places.database(), store::Process::only_reads);
  auto runs = results ? (*results)->runs() : Result<std::vector<store::RunInfo>>(results.error());
  return runs ? std::move(*runs) : std::vector<store::RunInfo>();
}

}  // namespace assay::cli
