// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "context.hpp"
#include "worker_pipe.hpp"

namespace assay::agent {

/// Writes the file that the order names from the Input that follows, then reads it back for FileDone. Throws
/// "cannot <action>: <why>". `order` is valid until `orders` is read from.
void store_file(const wire::StoreFile& order, OrderPipe& orders, Reporter& reporter);

/// Sends a file as Output, then FileDone. Throws "cannot <action>: <why>".
void fetch_file(const wire::FetchFile& order, Reporter& reporter);

}  // namespace assay::agent
