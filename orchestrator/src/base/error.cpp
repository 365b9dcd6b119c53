// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.hpp"

#include <system_error>

namespace assay {

std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace assay
