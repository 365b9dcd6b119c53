// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/kconfig.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// Options of a .config or a fragment: "CONFIG_SMP" -> "y". Options that are off have the value "n".
using Options = std::map<std::string, std::string, std::less<>>;

/// Later lines win. Error: usage, "<name>:<line>: what", for a line that is neither an option nor a comment.
[[nodiscard]] Result<Options> parse_config(std::string_view name, std::string_view text);

/// All fragments as one, later ones win. Error: usage, infrastructure.
[[nodiscard]] Result<Options> merge_fragments(const std::vector<std::filesystem::path>& fragments);

/// `options` with those of `over` in place of their own.
[[nodiscard]] Options overlaid(Options options, const Options& over);

/// The text that parse_config reads back.
[[nodiscard]] std::string config_text(const Options& options);

/// An option that was asked for and is not so in the final configuration.
struct DroppedOption {
  std::string name;
  std::string wanted;
  std::string got;  ///< "n" when it is off or absent
  auto operator<=>(const DroppedOption&) const = default;
};

[[nodiscard]] std::vector<DroppedOption> dropped_options(const Options& wanted, const Options& got);

/// Of a .config that a kernel starts from, what was lost of it.
struct LostOptions {
  std::vector<DroppedOption> dropped;  ///< this kernel has them, with another value
  std::vector<std::string> unknown;    ///< this kernel has no such options; those that are off do not count
};

/// `over` was laid over `start`. What nobody chooses (options without a prompt, and what others select) may
/// differ.
[[nodiscard]] LostOptions lost_options(const Options& start, const Options& over, const Options& got,
                                       const KconfigIndex& index);

/// Says for each where it was asked for in `files` (the last one counts) and why it is not so, as far as the
/// Kconfig files tell: what it depends on and which part of that is off, what selects it, or that there is no
/// such option and which one was meant. One line each.
[[nodiscard]] std::string explain_dropped(const KconfigIndex& index, const Options& got,
                                          const std::vector<DroppedOption>& dropped,
                                          const std::vector<std::filesystem::path>& files);

}  // namespace assay::kernel
