// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// One "config NAME" block, as far as an explanation needs it.
struct KconfigSymbol {
  std::string where;                      ///< "mm/Kconfig:123"
  std::vector<std::string> dependencies;  ///< "depends on" lines, and the "if" blocks around it
  bool has_prompt = false;                ///< without one, only other options switch it on
  bool can_be_module = false;

  /// "; it depends on A && B (mm/Kconfig:123), of which B is off", or "" when nothing is known.
  [[nodiscard]] std::string explain(const std::function<bool(std::string_view)>& is_on) const;
};

/// A reading of all Kconfig files of a tree that is good enough to explain, not to decide.
class KconfigIndex {
 public:
  /// `source_arch` is the one folder of arch/ that counts: "x86".
  KconfigIndex(const std::filesystem::path& tree, std::string_view source_arch);
  /// The definitions of a symbol (name without CONFIG_), or null.
  [[nodiscard]] const std::vector<KconfigSymbol>* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// The symbols that switch this one on, whatever was asked for, when they are on themselves.
  [[nodiscard]] std::vector<std::string> selectors(std::string_view name) const;

 private:
  void read(const std::filesystem::path& file, const std::string& shown);

  std::map<std::string, std::vector<KconfigSymbol>, std::less<>> symbols_;
  std::map<std::string, std::vector<std::string>, std::less<>> selectors_;
};

}  // namespace assay::kernel
