// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/huge_pages.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"

#include <charconv>
#include <exception>
#include <fstream>
#include <string>

namespace assay::agent {
namespace {

constexpr const char* hugetlb_pool = "/proc/sys/vm/nr_hugepages";

/// Whether what follows a line of /proc/self/smaps is about the VMA with this address; a line that begins no
/// VMA changes nothing.
bool is_inside_after(const std::string& line, std::uintptr_t address, bool inside) {
  std::uintptr_t from = 0;
  std::uintptr_t to = 0;
  const char* end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, from, 16);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-' ||
      std::from_chars(first.ptr + 1, end, to, 16).ec != std::errc{}) {
    return inside;
  }
  return from <= address && address < to;
}

}  // namespace

std::size_t bytes_mapped_huge(const std::byte* address) {
  constexpr std::string_view name = "AnonHugePages:";
  std::ifstream file("/proc/self/smaps");
  std::string line;
  for (bool inside = false; std::getline(file, line);) {
    inside = is_inside_after(line, reinterpret_cast<std::uintptr_t>(address), inside);
    if (inside && line.starts_with(name)) {
      return std::stoul(line.substr(name.size())) * 1024;
    }
  }
  throw WorkloadSkip("/proc/self/smaps does not tell how memory is mapped");
}

void grow_hugetlb_pool(std::size_t pages) {
  require_guest("reserves huge pages");
  write_kernel_file(hugetlb_pool, std::to_string(pages));
  if (read_kernel_number(hugetlb_pool) < static_cast<std::int64_t>(pages)) {
    throw WorkloadSkip("this guest has no " + std::to_string(pages) + " free huge pages");
  }
}

void empty_hugetlb_pool() {
  try {
    write_kernel_file(hugetlb_pool, "0");
  } catch (const std::exception&) {  // It was writable before; what is left are pages that nobody has.
    return;
  }
}

}  // namespace assay::agent
