// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/huge_pages.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"

#include <unistd.h>

#include <bit>
#include <charconv>
#include <exception>
#include <fstream>
#include <sstream>
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

std::size_t hugetlb_page_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  for (std::size_t kb = 0; file >> name; file.ignore(64, '\n')) {
    if (name == "Hugepagesize:" && file >> kb) {
      return kb * 1024;
    }
  }
  throw WorkloadSkip("this kernel has no huge pages: it lacks CONFIG_HUGETLB_PAGE");
}

void grow_hugetlb_pool(std::size_t pages) {
  require_guest("reserves huge pages");
  write_kernel_file(hugetlb_pool, std::to_string(pages));
  if (read_kernel_number(hugetlb_pool) < static_cast<std::int64_t>(pages)) {
    throw WorkloadSkip("this guest has no " + std::to_string(pages) + " free huge pages");
  }
}

void take_all_huge_pages() {
  require_guest("takes all huge pages");
  write_kernel_file(hugetlb_pool, "1000000");
}

std::int64_t count_free_huge_pages() {
  const std::size_t pages = hugetlb_page_bytes() / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto smallest = static_cast<std::size_t>(std::countr_zero(pages));
  std::ifstream file("/proc/buddyinfo");
  if (!file) {
    throw_errno("read /proc/buddyinfo");
  }
  std::int64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(line.find("zone")));
    std::string word;
    words >> word >> word;
    std::int64_t blocks = 0;
    for (std::size_t order = 0; words >> blocks; ++order) {
      sum += order >= smallest ? blocks << (order - smallest) : 0;
    }
  }
  return sum;
}

void empty_hugetlb_pool() {
  try {
    write_kernel_file(hugetlb_pool, "0");
  } catch (const std::exception&) {  // It was writable before; what is left are pages that nobody has.
    return;
  }
}

}  // namespace assay::agent
