// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/room.hpp"

#include "base/text.hpp"

namespace assay::image {

Status fits_into(Bytes memory, const std::vector<HostFile>& files) {
  constexpr auto kernels_share = mib(32);
  const auto size = size_of(files);
  const auto needed = kernels_share + size * 3;
  return size == Bytes(0) || needed <= memory
             ? Status()
             : fail(Failure::usage, "what the program needs has {}, and unpacking it takes {}", human(size),
                    human(needed));
}

}  // namespace assay::image
