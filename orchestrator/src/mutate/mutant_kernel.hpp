// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/builder.hpp"
#include "kernel/variant.hpp"
#include "mutate/scope.hpp"

#include <filesystem>
#include <string>

namespace assay::mutate {

/// The mutant as a patch over `file`, as diff -u has it. `folder` is for the moment.
Task<Result<std::string>> diff_of(const Mutant& mutant, const ScopedFile& file, std::filesystem::path folder);

/// The variant that mutants are made of, with one of them as its last patch.
[[nodiscard]] kernel::Variant mutant_of(const kernel::Variant& variant, const Mutant& mutant,
                                        std::string diff);

/// Takes a mutant's kernel out of the cache: there will be no other use for it.
void forget_kernel(const kernel::BuilderOptions& options, const std::string& id);

}  // namespace assay::mutate
