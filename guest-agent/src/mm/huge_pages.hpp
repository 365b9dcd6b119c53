// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <span>

namespace assay::agent {

/// How many bytes of the VMA with this address are mapped by PMDs, as transparent huge pages. Throws.
[[nodiscard]] std::size_t bytes_mapped_huge(const std::byte* address);

/// The pool of hugetlbfs grows to so many pages. Throws WorkloadSkip when there is no room for them.
void grow_hugetlb_pool(std::size_t pages);
/// All of them that nobody has are ordinary memory again. One that cannot be written stays as it is.
void empty_hugetlb_pool();

}  // namespace assay::agent
