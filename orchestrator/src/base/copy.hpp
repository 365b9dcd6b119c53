// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace assay {

/// The first `size` bytes of a regular file as the content of another, which is empty. Holes stay holes: what
/// a file seems to be need not fit here. 0 or an errno; EIO when the file became shorter meanwhile.
[[nodiscard]] int copy_content(int from, int to, off_t size);

}  // namespace assay
