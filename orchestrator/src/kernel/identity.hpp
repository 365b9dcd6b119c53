// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/config.hpp"
#include "kernel/kernel.hpp"
#include "kernel/source.hpp"
#include "kernel/toolchain.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// Counts up whenever the same inputs would give another kernel: make's variables, the trimmed tree, targets.
inline constexpr int recipe_version = 2;

struct HashedFile {
  std::filesystem::path path;
  std::string sha256;
};

struct PatchInput {
  std::string file;
  std::string subject;  ///< tells which patch of an mbox it is
  std::string sha256;   ///< of its text
  bool reverse = false;
  bool is_left_out = false;  ///< changes only what is not unpacked, and so no kernel
};

/// Everything that decides which bytes a build gives, and what it is called by.
struct Inputs {
  SourceInput source;
  std::vector<PatchInput> patches;
  std::vector<HashedFile> fragments;
  Options start;    ///< the variant's .config; Kconfig may drop what this kernel does not have
  Options options;  ///< the fragments as one
  Compiler compiler = Compiler::gcc;
  std::string compiler_version;
  Arch arch = Arch::x86_64;
};

/// 64 hexadecimal digits over the content of `inputs`; no name or path goes in, and neither do comments and
/// order of the fragments.
[[nodiscard]] std::string identity_of(const Inputs& inputs);

/// Hashes all files of the variant. The hash of a large file is remembered in the cache by path, size and
/// time. Errors: usage (a fragment, a source that is not there), infrastructure (no such source package: what
/// to install).
Task<Result<Inputs>> gather_inputs(Variant variant, BuilderOptions options);

/// JSON: where a kernel comes from.
[[nodiscard]] std::string provenance_text(const Variant& variant, const Inputs& inputs, const std::string& id,
                                          const std::string& release);

}  // namespace assay::kernel
