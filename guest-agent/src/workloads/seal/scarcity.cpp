// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/seal/scarcity.hpp"

#include "contract/context.hpp"
#include "mm/huge_pages.hpp"
#include "mm/kernel_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>

namespace assay::agent::workloads {
namespace {

constexpr const char* injector = "/sys/kernel/debug/fail_page_alloc/";
constexpr std::int64_t many = std::numeric_limits<std::int32_t>::max();

void set_injector(const char* file, std::string_view value) {
  write_kernel_file((std::string(injector) + file).c_str(), value);
}

bool is_complaint(const std::string& line) {
  return line.find("page allocation failure") != std::string::npos;
}

}  // namespace

Scarcity::Scarcity(std::string_view memory) {
  if (memory == "plenty") {
    return;
  }
  require_guest("takes memory away from the kernel");
  log_.emplace();
  if (memory == "no-huge") {
    take_all_huge_pages();
    has_pool_ = true;
    huge_left_ = count_free_huge_pages();
  } else {
    prepare_failures(memory == "once" ? 1 : many);
  }
}

Scarcity::~Scarcity() {
  if (has_pool_) {
    empty_hugetlb_pool();
  }
}

int Scarcity::during(const std::function<int()>& call) {
  const int result = make_it_fail_ ? fail_during(call) : call();
  if (log_) {
    complaints_ = std::ranges::count_if(log_->read_new(), is_complaint);
  }
  return result;
}

void Scarcity::prepare_failures(std::int64_t most) {
  most_ = most;
  make_it_fail_.reset(::open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC));
  if (!make_it_fail_ || ::access(injector, X_OK) != 0) {
    throw WorkloadSkip("this kernel cannot make allocations fail (CONFIG_FAIL_PAGE_ALLOC)");
  }
  for (const char* no : {"ignore-gfp-wait", "ignore-gfp-highmem", "min-order", "space", "verbose"}) {
    set_injector(no, "0");
  }
  set_injector("task-filter", "1");
  set_injector("interval", "1");
}

/// Whatever else this thread did meanwhile could fail for want of a page as well: the file is open before.
int Scarcity::fail_during(const std::function<int()>& call) {
  const auto set = [this](const char* value) {
    if (::pwrite(make_it_fail_.get(), value, 1, 0) != 1) {
      throw_errno("write /proc/thread-self/make-it-fail");
    }
  };
  set_injector("times", std::to_string(most_));
  set_injector("probability", "100");
  set("1");
  const int result = call();
  set("0");
  set_injector("probability", "0");
  failed_ = most_ - read_kernel_number(std::string(injector) + "times");
  return result;
}

}  // namespace assay::agent::workloads
