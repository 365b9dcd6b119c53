// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/beneath.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"
#include "store/remove.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <utility>

namespace assay::cli {
namespace {

constexpr unsigned usually_kept = 10;

struct PruneOptions {
  std::vector<std::string> runs;
  std::optional<unsigned> keep;
  std::optional<unsigned> older_than;
  bool yes = false;
};

struct Pruned {
  store::RunInfo run;
  Bytes size;
};

/// "2026-10-21T...": runs that began before it are older than so many days.
std::string days_ago(unsigned days) {
  const std::time_t then = std::time(nullptr) - std::time_t{days} * 24 * 60 * 60;
  std::tm utc{};
  ::gmtime_r(&then, &utc);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  return text;
}

Result<std::vector<store::RunInfo>> named_runs(store::Store& results, const std::vector<std::string>& names) {
  std::vector<store::RunInfo> runs;
  for (const auto& name : names) {
    auto run = results.find_run(name);
    if (!run) {
      return run.error();
    }
    if (run->state == "running") {
      return fail(Failure::usage, "cannot remove run {}: it is still running", run->id);
    }
    const bool twice = std::ranges::any_of(runs, [&](const auto& one) { return one.id == run->id; });
    if (!twice) {
      runs.push_back(std::move(*run));
    }
  }
  return runs;
}

/// All but the newest of each experiment; with --older-than only those that are, however many that leaves.
Result<std::vector<store::RunInfo>> old_runs(store::Store& results, const PruneOptions& options) {
  auto runs = results.runs();
  if (!runs) {
    return runs.error();
  }
  const auto keep = options.keep.value_or(options.older_than ? 0 : usually_kept);
  const auto limit = options.older_than ? days_ago(*options.older_than) : std::string();
  std::map<std::string, unsigned> seen;
  std::erase_if(*runs, [&](const store::RunInfo& run) {
    const bool is_kept = ++seen[run.experiment] <= keep;
    return is_kept || run.state == "running" || (!limit.empty() && run.started >= limit);
  });
  return runs;
}

Bytes size_of_folder(const fs::path& folder) {
  std::uint64_t total = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); at != fs::recursive_directory_iterator();
       at.increment(error)) {
    const auto size = at->is_regular_file(error) ? at->file_size(error) : 0;
    total += error ? 0 : size;
  }
  return Bytes(total);
}

Result<std::vector<Pruned>> measured(const Places& places, std::vector<store::RunInfo> runs) {
  const auto sizes = store::sizes_of_runs(places.database());
  if (!sizes) {
    return sizes.error();
  }
  std::vector<Pruned> all;
  for (auto& run : runs) {
    const auto in_database = sizes->find(run.id);
    const auto size = size_of_folder(places.runs() / run.id) +
                      (in_database == sizes->end() ? Bytes(0) : in_database->second);
    all.push_back({std::move(run), size});
  }
  return all;
}

Bytes print_pruned(const std::vector<Pruned>& all) {
  Bytes total(0);
  for (const auto& [run, size] : all) {
    print(fmt::format("  {:>10}  {}, {} of {} trials, {}\n", human(size), printable(run.id), run.done,
                      run.planned, printable(run.state)));
    total = total + size;
  }
  return total;
}

Status remove_all(const Places& places, const std::vector<Pruned>& all) {
  std::vector<std::string> ids;
  for (const auto& [run, size] : all) {
    ids.push_back(run.id);
  }
  std::error_code missing;
  const bool has_folders = fs::exists(fs::symlink_status(places.runs(), missing));
  if (const auto runs = open_beneath(places.results, has_folders ? "runs" : "", Missing::is_an_error);
      !runs) {
    return runs.error();  // before a link leads to folders that are no runs'
  }
  if (auto removed = store::remove_runs(places.database(), ids); !removed) {
    return removed;
  }
  for (const auto& id : ids) {
    std::error_code error;
    fs::remove_all(places.runs() / id, error);
    if (error) {
      return fail(Failure::infrastructure, "cannot remove {}: {}", (places.runs() / id).string(),
                  error.message());
    }
  }
  return {};
}

Task<Result<ExitCode>> prune_verb(Globals& globals, PruneOptions options) {
  auto opened = read_results(globals);
  if (!opened) {
    co_return opened.error();
  }
  const auto& [places, results] = *opened;
  auto runs = options.runs.empty() ? old_runs(*results, options) : named_runs(*results, options.runs);
  opened->results.reset();  // the file is to shrink
  if (!runs) {
    co_return runs.error();
  }
  if (runs->empty()) {
    print("nothing to remove\n");
    co_return ExitCode::all_hold;
  }
  auto all = measured(places, std::move(*runs));
  if (!all) {
    co_return all.error();
  }
  const auto total = print_pruned(*all);
  const auto what = fmt::format("{} run{}, {}", all->size(), plural(all->size()), human(total));
  if (!options.yes) {
    print(fmt::format("would remove {}; with --yes it does\n", what));
    co_return ExitCode::all_hold;
  }
  if (auto removed = remove_all(places, *all); !removed) {
    co_return removed.error();
  }
  print(fmt::format("removed {}\n", what));
  co_return ExitCode::all_hold;
}

}  // namespace

void add_prune(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<PruneOptions>();
  auto* verb = app.add_subcommand("prune", "remove old runs: says which, and does it with --yes");
  auto* runs =
      takes(verb->add_option("runs", options->runs, "these runs instead, by id or a part that no other has"),
            named("RUN"));
  takes(verb->add_option("--keep", options->keep, "the newest so many of each experiment stay (default: 10)"),
        whole_number(0, most_of_anything))
      ->excludes(runs);
  takes(verb->add_option("--older-than", options->older_than,
                         "only runs that began so many days ago; none is kept but those"),
        whole_number(0, most_of_anything))
      ->excludes(runs);
  verb->add_flag("--yes", options->yes, "do it");
  verb->footer(
      "Never:\n"
      "  a run that goes on. Kernels are another matter: assay kernel gc.\n"
      "Examples:\n"
      "  assay prune --keep 20\n"
      "  assay prune --older-than 30 --yes\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return prune_verb(globals, *options); };
  });
}

}  // namespace assay::cli
