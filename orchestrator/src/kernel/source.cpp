// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/cache_lock.hpp"
#include "kernel/left_out.hpp"

#include <system_error>

namespace assay::kernel {
namespace {

/// The source of 6.12: 145 MiB packed, 34,700 of 87,000 files kept.
constexpr double packed_bytes_per_file = 4370;
constexpr double whole_to_kept = 2.5;
constexpr std::size_t files_between_reports = 250;

std::vector<std::string> left_out(const SourceInput& source) {
  return source.whole ? std::vector<std::string>() : left_out_patterns();
}

/// tar, which reads the source from a file or from git and does to it what `wishes` say.
std::vector<std::string> tar_arguments(const SourceInput& source, const fs::path& target,
                                       const std::vector<std::string>& wishes) {
  std::vector<std::string> argv = {"tar",
                                   "--extract",
                                   "--verbose",
                                   "--directory=" + target.string(),
                                   "--strip-components=1",
                                   "--no-same-owner",
                                   "--file=" + (source.tree.empty() ? source.path.string() : "-")};
  argv.insert(argv.end(), wishes.begin(), wishes.end());
  if (source.tree.empty()) {
    return argv;
  }
  // A pipe out of git; what it writes carries the time of the commit.
  constexpr const char* script =
      "set -o pipefail; git --git-dir=\"$1\" archive --format=tar --prefix=linux/ \"$2\" | \"${@:3}\"";
  std::vector<std::string> piped = {"bash",
                                    "-c",
                                    script,
                                    "bash",
                                    source.path.string(),
                                    source.commit.empty() ? source.tree : source.commit};
  piped.insert(piped.end(), argv.begin(), argv.end());
  return piped;
}

std::vector<std::string> but_what_is_left_out(const SourceInput& source) {
  std::vector<std::string> wishes = {"--wildcards", "--wildcards-match-slash"};
  for (const auto& pattern : left_out(source)) {
    wishes.push_back("--exclude=" + pattern);
  }
  return wishes;
}

double expected_files(const SourceInput& source) {
  constexpr double usual = 34700;
  std::error_code error;
  const auto size = source.tree.empty() ? fs::file_size(source.path, error) : 0;
  const double kept = size == 0 || error ? usual : static_cast<double>(size) / packed_bytes_per_file;
  return source.whole ? kept * whole_to_kept : kept;
}

/// Unpacks next to `place` and renames: a folder of that name is whole.
Task<Status> unpack(SourceInput source, fs::path place, ProgressMeter& meter) {
  const fs::path unfinished = place.string() + ".unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (auto made = make_directories(unfinished); !made) {
    co_return made;
  }
  const double expected = expected_files(source);
  const auto name = source.path.filename().string();
  const auto what = "unpacking " + (source.tree.empty() ? name : "tree " + source.tree.substr(0, 12));
  std::size_t files = 0;
  std::string last;
  Command command;
  command.argv = tar_arguments(source, unfinished, but_what_is_left_out(source));
  command.environment = {{"LC_ALL", "C"}};
  command.on_line = [&](std::string_view line) {
    last = line;
    if (++files % files_between_reports == 0) {
      meter.step(what, static_cast<double>(files) / expected);
    }
  };
  meter.step(what, 0);
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    fs::remove_all(unfinished, error);
    co_return fail(Failure::infrastructure, "cannot unpack {}: {}: {}", source.path.string(), end->text(),
                   printable(last));
  }
  fs::rename(unfinished, place, error);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot move the source to {}: {}", place.string(),
                   error.message());
  }
  co_return Status();
}

}  // namespace

Task<Status> unpack_parts(SourceInput source, std::vector<std::string> parts, fs::path place) {
  if (auto made = make_directories(place); !made) {
    co_return made;
  }
  std::vector<std::string> wishes = {"--wildcards", "--no-wildcards-match-slash"};
  for (const auto& part : parts) {
    wishes.push_back("*/" + part);
  }
  Command command;
  command.argv = tar_arguments(source, place, wishes);
  command.environment = {{"LC_ALL", "C"}};
  std::string last;
  command.on_line = [&last](std::string_view line) { last = line; };
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  co_return end->ok() ? Status()
                      : fail(Failure::infrastructure, "cannot unpack {}: {}: {}", source.path.string(),
                             end->text(), printable(last));
}

std::string source_key(const SourceInput& source) {
  // Another list gives another tree.
  Hasher hasher;
  hasher.add("source", source.sha256);
  for (const auto& pattern : left_out(source)) {
    hasher.add("left out", pattern);
  }
  return hasher.finish();
}

Task<Result<fs::path>> unpacked_source(CacheLayout layout, SourceInput source, ProgressMeter& meter) {
  const auto key = source_key(source);
  const auto place = layout.source(key);
  auto lock =
      co_await lock_in_turn(layout, "source-" + key, "unpacking " + source.path.filename().string(), meter);
  if (!lock) {
    co_return lock.error();
  }
  std::error_code ignored;
  if (fs::is_directory(place, ignored)) {
    co_return place;
  }
  auto unpacked = co_await unpack(std::move(source), place, meter);
  if (!unpacked) {
    co_return unpacked.error();
  }
  co_return place;
}

Status check_tree(const fs::path& tree, const std::vector<std::string>& files) {
  std::vector<std::string> missing;
  for (const auto& name : files) {
    if (!is_there(tree / name)) {
      missing.push_back(name);
    }
  }
  return missing.empty() ? Status() : fail(Failure::usage, "there is no {} in it", listed(missing));
}

}  // namespace assay::kernel
