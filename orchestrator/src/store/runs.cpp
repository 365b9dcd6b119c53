// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/runs.hpp"

#include "base/text.hpp"
#include "store/checks.hpp"
#include "store/writer.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <set>

namespace assay::store {
namespace {

constexpr std::string_view running = "running";
constexpr std::size_t candidates_shown = 8;

std::vector<KernelInfo> read_kernels(Database& database, std::int64_t run) {
  std::vector<KernelInfo> kernels;
  Query query(database,
              "SELECT variant, kernel_id, release, provenance FROM kernel WHERE run = ? ORDER BY position");
  query.with(run);
  while (query.next()) {
    kernels.push_back({query.text(0), query.text(1), query.text(2), query.text(3)});
  }
  return kernels;
}

/// A verdict that this program does not know is left out here; whoever reads the run is told.
std::map<verdict::Verdict, unsigned> count_verdicts(Database& database, std::int64_t run) {
  using verdict::Verdict;
  std::map<Verdict, unsigned> counts;
  for (const auto known : {Verdict::holds, Verdict::refuted, Verdict::inconclusive, Verdict::not_run}) {
    Query query(database, "SELECT count(*) FROM verdict WHERE run = ? AND verdict = ?");
    query.with(run, verdict::name_of(known));
    if (query.next() && query.count(0) > 0) {
      counts.emplace(known, query.count(0));
    }
  }
  return counts;
}

/// Times as utc_now() writes them, or "".
bool is_time(std::string_view text) {
  constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:ddZ";
  return text.empty() || std::ranges::equal(text, pattern, [](char is, char should) {
           return should == 'd' ? is >= '0' && is <= '9' : is == should;
         });
}

/// A run may have been imported, and its row written by anybody.
void check_run_row(const RunInfo& run) {
  const auto named = [&](std::string_view what) {
    refuse(fmt::format("run \"{}\" {}", printable(std::string_view(run.id).substr(0, 200)), what));
  };
  if (!is_run_name(run.id)) {
    named(fmt::format("has no name that may be used: {}", run_name_grammar));
  }
  if (!std::ranges::count(std::array{"running", "finished", "interrupted", "killed"}, run.state)) {
    named(fmt::format("has an unknown state \"{}\"", printable(run.state)));
  }
  if (run.started.empty() || !is_time(run.started) || !is_time(run.finished)) {
    named("has no time of day where it began or ended");
  }
  // Kernels are looked for in the cache by their ids.
  if (!std::ranges::all_of(run.kernels, is_file_name, &KernelInfo::id)) {
    named("has a kernel whose id is none");
  }
  const auto is_deep = [](const KernelInfo& kernel) { return !is_shallow_json(kernel.provenance); };
  if (!is_shallow_json(run.settings) || !is_shallow_json(run.host) ||
      std::ranges::any_of(run.kernels, is_deep)) {
    named("has JSON in JSON more than a hundred times");
  }
}

/// What the row says, or "killed" where the process that should have said more is gone.
std::string state_of(std::string said, const Writer& writer) {
  return said == running && !alive(writer) ? "killed" : std::move(said);
}

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

std::string candidates(const std::vector<const RunInfo*>& runs) {
  std::vector<std::string> ids;
  for (const auto* run : runs) {
    if (ids.size() == candidates_shown) {
      ids.push_back(fmt::format("{} more", runs.size() - candidates_shown));
      break;
    }
    ids.push_back(run->id);
  }
  return listed(ids);
}

template <class Matches>
std::vector<const RunInfo*> all_that(const std::vector<RunInfo>& runs, Matches matches) {
  std::vector<const RunInfo*> found;
  for (const auto& run : runs) {
    if (matches(run)) {
      found.push_back(&run);
    }
  }
  return found;
}

Error unknown_run(const std::vector<RunInfo>& runs, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& run : runs) {
    names.push_back(run.id);
    names.push_back(run.experiment);
  }
  auto hint = printable(did_you_mean(name, names));
  if (hint.empty()) {
    hint = fmt::format("; the last run is {}", runs.front().id);
  }
  return fail(Failure::usage, "cannot find run \"{}\": no run has this in its name{}", printable(name), hint);
}

}  // namespace

std::vector<RunInfo> read_runs(Database& database) {
  std::vector<RunInfo> runs;
  std::set<std::string> names;
  Query query(
      database,
      "SELECT id, name, experiment, title, experiment_toml, settings, host, started, finished, state, "
      "planned, writer_pid, writer_start, writer_boot, "
      "(SELECT count(*) FROM trial WHERE trial.run = run.id AND ended = 1) "
      "FROM run ORDER BY started DESC, id DESC");
  while (query.next()) {
    RunInfo run;
    run.id = query.text(1);
    run.experiment = query.text(2);
    run.title = query.text(3);
    run.experiment_toml = query.text(4);
    run.settings = query.text(5);
    run.host = query.text(6);
    run.started = query.text(7);
    run.finished = query.text(8);
    run.state = state_of(query.text(9), {query.number(11), query.number(12), query.text(13)});
    run.planned = query.count(10);
    run.done = query.count(14);
    run.kernels = read_kernels(database, query.number(0));
    run.verdicts = count_verdicts(database, query.number(0));
    check_run_row(run);
    if (!names.insert(run.id).second) {
      refuse(fmt::format("there are two runs \"{}\"", run.id));
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

Status insert_run(Database& database, const RunInfo& run) {
  if (!is_run_name(run.id)) {
    return fail(Failure::usage, "{}", run_name_grammar);
  }
  if (row_of_run(database, run.id)) {
    return fail(Failure::usage, "there is a run of this id already");
  }
  const auto writer = this_process();
  Query(
      database,
      "INSERT INTO run (name, experiment, title, experiment_toml, settings, host, started, finished, state, "
      "planned, writer_pid, writer_start, writer_boot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .with(run.id, run.experiment, run.title, run.experiment_toml, run.settings, run.host, run.started,
            run.finished, run.state, run.planned, writer.pid, writer.start, writer.boot)
      .run();
  const auto row = last_id(database);
  for (const auto& kernel : run.kernels) {
    put_kernel(database, row, kernel);
  }
  return {};
}

Result<std::int64_t> row_of_run(Database& database, const std::string& run) {
  Query query(database, "SELECT id FROM run WHERE name = ?");
  if (!query.with(run).next()) {
    return fail(Failure::usage, "there is no run \"{}\"", printable(run));
  }
  return query.number(0);
}

void put_kernel(Database& database, std::int64_t run, const KernelInfo& kernel) {
  Query(database,
        "INSERT INTO kernel (run, position, variant, kernel_id, release, provenance) "
        "VALUES (?1, (SELECT count(*) FROM kernel WHERE run = ?1), ?2, ?3, ?4, ?5) "
        "ON CONFLICT (run, variant) DO UPDATE SET kernel_id = excluded.kernel_id, "
        "release = excluded.release, provenance = excluded.provenance")
      .with(run, kernel.variant, kernel.id, kernel.release, kernel.provenance)
      .run();
}

Status take_over(Database& database, std::int64_t run) {
  Query query(database, "SELECT state, writer_pid, writer_start, writer_boot FROM run WHERE id = ?");
  if (!query.with(run).next()) {
    return fail(Failure::usage, "the run is gone");
  }
  const auto self = this_process();
  const Writer writer{query.number(1), query.number(2), query.text(3)};
  const bool runs = query.text(0) == running;
  if (runs && writer != self && alive(writer)) {
    return fail(Failure::usage, "process {} is writing it", writer.pid);
  }
  if (!runs || writer != self) {
    Query(database,
          "UPDATE run SET state = ?, finished = '', writer_pid = ?, writer_start = ?, writer_boot = ? "
          "WHERE id = ?")
        .with(running, self.pid, self.start, self.boot, run)
        .run();
  }
  return {};
}

void plan_run(Database& database, std::int64_t run, unsigned planned, const std::string& settings) {
  Query(database, "UPDATE run SET planned = ?, settings = ? WHERE id = ?").with(planned, settings, run).run();
}

void close_run(Database& database, std::int64_t run, std::string_view state) {
  Query(database, "UPDATE run SET state = ?, finished = ? WHERE id = ?").with(state, utc_now(), run).run();
}

Result<RunInfo> choose_run(const std::vector<RunInfo>& runs, std::string_view name) {
  if (runs.empty()) {
    return fail(Failure::usage, "cannot find run \"{}\": there are no runs yet", printable(name));
  }
  const auto exact = std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return run.id == name; });
  if (exact != runs.end()) {
    return *exact;
  }
  if (name == "last") {
    return runs.front();
  }
  auto found = all_that(runs, [&](const auto& run) { return run.id.starts_with(name); });
  if (found.empty()) {
    found = all_that(runs, [&](const auto& run) { return run.id.find(name) != std::string::npos; });
  }
  if (found.empty()) {
    return unknown_run(runs, name);
  }
  if (found.size() > 1) {
    return fail(Failure::usage, "cannot find run \"{}\": it may be {}", printable(name), candidates(found));
  }
  return *found.front();
}

}  // namespace assay::store
