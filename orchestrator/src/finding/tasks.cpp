// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/tasks.hpp"

#include "finding/lines.hpp"

namespace assay::finding {

std::vector<std::string> tasks_called(std::string_view name, const std::vector<std::string>& lines) {
  constexpr std::string_view task = "task:";
  std::vector<std::string> found;
  bool ours = false;
  for (const auto& line : lines) {
    const auto message = message_of(line);
    if (message.starts_with(task)) {
      const auto rest = message.substr(task.size());
      ours = rest.starts_with(name) && rest.substr(name.size()).starts_with(' ');
    } else if (message.starts_with("sysrq: ") && !found.empty()) {
      break;
    }
    if (ours) {
      found.push_back(line);
    }
  }
  return found;
}

}  // namespace assay::finding
