// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/process.hpp"
#include "kernel/source.hpp"
#include "series/series.hpp"
#include "suite/not_built.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::suite {

/// Where the tests' sources are.
struct TestSource {
  kernel::SourceInput source;
  std::vector<series::SeriesPatch> patches;
};

/// What the Makefile of a target names, by its path below the target's folder ("../lib.sh").
struct TargetFiles {
  std::vector<std::string> tests;  ///< programs that run: TEST_GEN_PROGS, TEST_CUSTOM_PROGS, TEST_PROGS
  std::vector<std::string> files;  ///< what these want beside them
};

/// Tells people what is being done.
using Say = std::function<void(std::string_view)>;

/// A folder of the cache with a part of a kernel's source, in which its tests are compiled by the real make.
/// One process at a time works in it.
class Workshop {
 public:
  Workshop(std::filesystem::path folder, TestSource source)
      : folder_(std::move(folder)), source_(std::move(source)) {}

  /// The files and folders of the source that come into it.
  [[nodiscard]] static const std::vector<std::string>& parts();

  [[nodiscard]] std::filesystem::path selftests() const { return folder_ / "tools/testing/selftests"; }
  /// Whether prepare() ended well here.
  [[nodiscard]] bool is_prepared() const;
  /// The source, with its patches. Errors: usage (it has no selftests), build (a patch does not apply),
  /// infrastructure.
  Task<Status> prepare(Say say);

  /// Compiles what is not there yet of one target, with the headers that user space sees. What an interrupted
  /// call made is made again. Errors: build, infrastructure.
  Task<Result<std::vector<NotBuilt>>> compile(std::string target);
  /// What was left when the target was compiled last; nothing before that.
  [[nodiscard]] std::optional<std::vector<NotBuilt>> recorded(std::string_view target) const;
  /// The programs and files of a target, as its Makefile says. Error: build.
  Task<Result<TargetFiles>> files_of(std::string target);
  /// The targets of the source whose folder is there, sorted. Error: infrastructure.
  [[nodiscard]] Result<std::vector<std::string>> targets() const;

 private:
  [[nodiscard]] std::filesystem::path record(std::string_view target) const;
  [[nodiscard]] std::filesystem::path under_way() const { return folder_ / "under-way"; }
  void remove_what_was_cut() const;
  Task<Status> make_headers();
  [[nodiscard]] Command make(std::vector<std::string> words) const;

  std::filesystem::path folder_;
  TestSource source_;
};

}  // namespace assay::suite
