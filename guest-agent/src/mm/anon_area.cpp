// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/anon_area.hpp"

#include "contract/context.hpp"
#include "mm/huge_pages.hpp"
#include "mm/kernel_files.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

namespace assay::agent {
namespace {

constexpr std::array<std::string_view, 3> area_kinds{"small", "thp", "hugetlb"};
constexpr const char* thp_size = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

std::size_t size_of_unit(std::string_view kind) {
  if (kind == "hugetlb") {
    return hugetlb_page_bytes();
  }
  if (kind == "thp") {
    if (::access(thp_size, R_OK) != 0) {
      throw WorkloadSkip("this kernel has no transparent huge pages");
    }
    return static_cast<std::size_t>(read_kernel_number(thp_size));
  }
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Machines with less than 512 MiB begin without them (hugepage_init() in mm/huge_memory.c). The kernel's own
/// thread that makes huge pages of small ones is kept from the pages that are to be looked at.
void allow_huge_pages() {
  constexpr const char* enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (read_kernel_file(enabled).find("[never]") != std::string::npos) {
    require_guest("allows transparent huge pages");
    write_kernel_file("/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan", "1");
    write_kernel_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "3600000");
    write_kernel_file(enabled, "madvise");
  }
}

Mapping map_private(std::size_t size, int flags) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("map " + std::to_string(size) + " bytes");
  }
  return {at, size};
}

}  // namespace

ParameterSpec AnonArea::kind_parameter() {
  return {.name = "kind",
          .type = ParameterType::choice,
          .default_value = "small",
          .choices = {area_kinds.begin(), area_kinds.end()},
          .help = "of pages: ordinary ones, transparent huge pages, pages of hugetlbfs"};
}

AnonArea::AnonArea(std::string_view kind, std::size_t size)
    : page_size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), unit_size_(size_of_unit(kind)) {
  const std::size_t units = (size + unit_size_ - 1) / unit_size_;
  size = units * unit_size_;
  if (kind == "hugetlb") {
    grow_hugetlb_pool(units);
    has_reserved_ = true;
    map_ = map_private(size, MAP_HUGETLB);
    bytes_ = map_.bytes();
  } else {
    map_ = map_private(size + unit_size_, MAP_NORESERVE);
    const auto past = reinterpret_cast<std::uintptr_t>(map_.data()) % unit_size_;
    bytes_ = map_.bytes().subspan(past == 0 ? 0 : unit_size_ - past, size);
    if (kind == "thp") {
      allow_huge_pages();
    }
    // A kernel without huge pages refuses both; then there is nothing to forbid.
    if (::madvise(bytes_.data(), size, kind == "thp" ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0 &&
        kind == "thp") {
      throw_errno("ask for huge pages");
    }
  }
  write_all(1);
}

AnonArea::~AnonArea() {
  if (has_reserved_) {
    map_ = Mapping();
    empty_hugetlb_pool();
  }
}

void AnonArea::write(std::size_t index, std::uint64_t word) const {
  *reinterpret_cast<volatile std::uint64_t*>(page(index).data()) = word;
}

void AnonArea::write_all(std::uint64_t word) const {
  for (std::size_t index = 0; index < pages(); ++index) {
    write(index, word);
  }
}

bool AnonArea::write_without_fault(std::size_t index, std::uint64_t word) const {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &before);
  write(index, word);
  ::getrusage(RUSAGE_THREAD, &after);
  return before.ru_minflt == after.ru_minflt && before.ru_majflt == after.ru_majflt;
}

void AnonArea::split_mappings() const {
  for (std::size_t index = unit() - 1; index < pages(); index += unit()) {
    const auto last = page(index);
    if (::mprotect(last.data(), last.size(), PROT_READ) != 0 ||
        ::mprotect(last.data(), last.size(), PROT_READ | PROT_WRITE) != 0) {
      throw_errno("protect a page");
    }
  }
}

void AnonArea::zap() const {
  if (::madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED) != 0) {
    throw_errno("free the pages");
  }
}

std::uint64_t AnonArea::word(std::size_t index) const {
  return *reinterpret_cast<const volatile std::uint64_t*>(page(index).data());
}

}  // namespace assay::agent
