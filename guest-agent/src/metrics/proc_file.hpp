// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

/// The files whose numbers are sampled. psi is three files.
enum class ProcKind : std::uint8_t { vmstat, meminfo, buddyinfo, psi };

/// One number of a file: what it is called and where it stands.
struct ProcField {
  std::string name;       ///< "vmstat.pgfault", "buddyinfo.node0.Normal.order3", "psi.memory.some.total"
  std::string_view unit;  ///< "pages", "kB", "events", "blocks", "us"
  std::size_t gap =
      0;  ///< characters from the end of the number before (or the begin) to the blanks before this
};

/// The unit of a metric by its name without prefix.
[[nodiscard]] std::string_view unit_of(ProcKind kind, std::string_view name);

/// Finds the numbers of such a file in one example of its text. `resource` is psi's "memory", "cpu" or "io".
[[nodiscard]] std::vector<ProcField> learn_fields(ProcKind kind, std::string_view text,
                                                  std::string_view resource = {});

/// Reads the numbers of a text that has the same lines as the example. False: it has not. Does not allocate.
[[nodiscard]] bool parse_fields(ProcKind kind, std::span<const ProcField> fields, std::string_view text,
                                std::span<std::int64_t> values);

/// One such file, kept open. The constructor's factory allocates, read() does not.
class ProcFile {
 public:
  /// Nothing when the kernel has no such file or it is empty.
  [[nodiscard]] static std::optional<ProcFile> open(ProcKind kind, const char* path,
                                                    std::string_view resource = {});

  [[nodiscard]] ProcKind kind() const { return kind_; }
  [[nodiscard]] std::span<const ProcField> fields() const { return fields_; }
  /// False when the file could not be read or changed its shape; `values` has fields().size() elements.
  [[nodiscard]] bool read(std::span<std::int64_t> values);

 private:
  ProcFile(ProcKind kind, UniqueFd fd) : kind_(kind), fd_(std::move(fd)) {}
  [[nodiscard]] std::string_view slurp();

  ProcKind kind_;
  UniqueFd fd_;
  std::vector<char> buffer_;
  std::vector<ProcField> fields_;
};

/// All files that this kernel has, in the order of ProcKind.
[[nodiscard]] std::vector<ProcFile> open_proc_files();

}  // namespace assay::agent
