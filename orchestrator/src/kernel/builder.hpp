// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/kernel.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace assay::kernel {

/// The identity of `variant` on this host, without building. Errors: usage, infrastructure.
Task<Result<std::string>> kernel_id(Variant variant, BuilderOptions options);
/// The same with the default options.
Task<Result<std::string>> kernel_id(const Variant& variant);

/// Looks only; nothing when it is not built.
Task<Result<std::optional<Kernel>>> find_built(Variant variant, BuilderOptions options);

/// The kernel from the cache, or built now, which takes minutes: check() first. Two processes that ask for
/// the same variant build it once. Cancellation ends the compiler; the next call resumes. Errors: build (a
/// patch that does not apply: its hunk; the compiler's error; options that Kconfig dropped, by name),
/// infrastructure (disk full: how much is needed), usage.
Task<Result<Kernel>> build(Variant variant, BuilderOptions options, ProgressSink progress);

/// A tree with the objects that builds of `variant`, or of variants of it, start from, built first when it is
/// not there; without the variant's own patches where it has a base. Read only. Errors: as build().
Task<Result<std::filesystem::path>> base_tree(Variant variant, BuilderOptions options, ProgressSink progress);

}  // namespace assay::kernel
