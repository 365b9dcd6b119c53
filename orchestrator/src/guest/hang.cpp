// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/hang.hpp"

#include "base/text.hpp"
#include "finding/console.hpp"

#include <iterator>
#include <utility>

namespace assay::guest {

Task<std::vector<finding::Report>> hang_reports(machine::Guest& guest, GuestWatch& watch, Patience patience,
                                                std::string title) {
  const auto sent = co_await guest.inject_nmi();
  if (sent) {
    co_await pause_for(patience.after_nmi);
  }
  std::string instead;
  if (!sent) {
    const auto registers = co_await guest.registers();
    instead = fmt::format("No NMI could be sent ({}). The vCPUs' registers:\n{}\nThe last console lines:",
                          sent.error().text(), printable(registers ? *registers : registers.error().text()));
  }
  auto reports = co_await watch.collect(patience.after_nmi);
  finding::Report report;
  report.title = std::move(title);
  report.text =
      fmt::format("{}\n{}\n{}", report.title, sent ? "An NMI was sent; the last console lines:" : instead,
                  watch.last_lines(120));
  std::vector<std::string> lines;
  for (const auto line : split(report.text, '\n')) {
    lines.emplace_back(line);
  }
  report.fingerprint = finding::fingerprint_of("hang", lines);
  std::vector<finding::Report> all;
  all.push_back(std::move(report));
  std::move(reports.begin(), reports.end(), std::back_inserter(all));
  co_return all;
}

}  // namespace assay::guest
