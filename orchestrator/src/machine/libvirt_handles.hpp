// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>
#include <string_view>

namespace assay::machine {

/// Shared: a call that overran its deadline still uses the connection on a pool thread.
using Connection = std::shared_ptr<virConnect>;
/// Shared for the same reason.
using Domain = std::shared_ptr<virDomain>;

/// What libvirt said last on this thread, as our error.
[[nodiscard]] inline Error libvirt_error(std::string_view what) {
  const char* text = virGetLastErrorMessage();
  return fail(Failure::infrastructure, "cannot {}: {}", what,
              text != nullptr ? text : "libvirt does not say why");
}

}  // namespace assay::machine
