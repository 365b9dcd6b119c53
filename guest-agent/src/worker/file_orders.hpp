// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "contract/context.hpp"
#include "worker/worker_pipe.hpp"

namespace assay::agent {

/// Makes the files that follow as Files, then reads their content back for FilesDone. Throws "cannot
/// <action>: <why>" at the first that cannot be made. `order` is valid until `orders` is read from.
void store_files(const wire::StoreFiles& order, OrderPipe& orders, Reporter& reporter);

/// Sends what is at a path as Files, then FilesDone. What cannot be read in a folder is sent as unreadable.
/// Throws "cannot <action>: <why>".
void fetch_files(const wire::FetchFiles& order, Reporter& reporter);

/// Tells the host that `sha256` is that of all content.
void tell_files_done(Reporter& reporter, std::uint64_t order, const std::string& sha256);

}  // namespace assay::agent
