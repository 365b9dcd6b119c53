// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/config.hpp"
#include "kernel/identity.hpp"
#include "kernel/variant.hpp"

#include <string>

namespace assay::kernel {

/// One of two kernels to be compared.
struct Side {
  const Variant& variant;
  const Inputs& inputs;
  const Options& options;  ///< those of its fragments, or all of its .config
};

/// What differs between two variants: source, architecture, patches, options, compiler; for people. Says so
/// when nothing does.
[[nodiscard]] std::string difference_text(const Side& a, const Side& b);

}  // namespace assay::kernel
