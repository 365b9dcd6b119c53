// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::agent {

/// How many bytes of the VMA with this address are mapped by PMDs, as transparent huge pages. Throws.
[[nodiscard]] std::size_t bytes_mapped_huge(const std::byte* address);

/// The size of a page of hugetlbfs. Throws WorkloadSkip when this kernel has none.
[[nodiscard]] std::size_t hugetlb_page_bytes();
/// The pool of hugetlbfs grows to so many pages. Throws WorkloadSkip when there is no room for them.
void grow_hugetlb_pool(std::size_t pages);
/// It takes all that the kernel can find. Throws.
void take_all_huge_pages();
/// Huge pages that the free memory would be enough for as it lies, by /proc/buddyinfo. Throws.
[[nodiscard]] std::int64_t count_free_huge_pages();
/// All of them that nobody has are ordinary memory again. One that cannot be written stays as it is.
void empty_hugetlb_pool();

}  // namespace assay::agent
