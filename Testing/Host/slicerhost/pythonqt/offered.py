"""The classes of the module ``qt``: what is not listed does not exist."""

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

# Handed around by value: each wrapper is a copy. All other classes are handed around by pointer.
VALUES = """
    QBrush QByteArray QColor QCursor QDate QDateTime QDir QElapsedTimer QFileInfo QFont QFontInfo QFontMetrics QIcon
    QImage QItemSelection QKeySequence QLocale QMargins QModelIndex QPalette QPen QPixmap QPoint QPointF
    QProcessEnvironment QRect QRectF QRegion QRegularExpression QRegularExpressionMatch QSize QSizeF QSizePolicy
    QTableWidgetSelectionRange QTextCursor QTime QTransform QUrl
""".split()
# No objects are made of these: namespaces and static functions.
STATIC = "QDesktopServices QStandardPaths QSysInfo QToolTip Qt".split()
ITEMS = """
    QEvent QKeyEvent QLayoutItem QListWidgetItem QMouseEvent QPainter QSpacerItem QStandardItem QTableWidgetItem
    QTreeWidgetItem QWidgetItem
""".split()
OBJECTS = """
    QAbstractButton QAbstractItemDelegate QAbstractItemModel QAbstractItemView QAbstractScrollArea QAbstractSlider
    QAbstractSpinBox QAbstractTableModel QAction QActionGroup QApplication QBoxLayout QBuffer QButtonGroup
    QCalendarWidget QCheckBox QClipboard QComboBox QCompleter QCoreApplication QDateEdit QDateTimeEdit QDialog
    QDialogButtonBox QDockWidget QDoubleSpinBox QDoubleValidator QFile QFileDevice QFileDialog QFormLayout QFrame
    QGridLayout QGroupBox QGuiApplication QHBoxLayout QHeaderView QIODevice QInputDialog QIntValidator
    QItemSelectionModel QLabel QLayout QLineEdit QListView QListWidget QMainWindow QMenu QMenuBar QMessageBox QObject
    QPlainTextEdit QProcess QProgressBar QProgressDialog QPushButton QRadioButton QRegularExpressionValidator QScreen
    QScrollArea QScrollBar QSettings QShortcut QSignalMapper QSlider QSortFilterProxyModel QSpinBox QSplitter
    QStackedLayout QStackedWidget QStandardItemModel QStatusBar QStringListModel QStyle QStyledItemDelegate QTabBar
    QTabWidget QTableView QTableWidget QTextBrowser QTextDocument QTextEdit QTimeEdit QTimer QToolBar QToolBox
    QToolButton QTreeView QTreeWidget QUiLoader QVBoxLayout QValidator QWidget
""".split()


def pyside_class(name: str) -> type:
    """Return PySide's class with this name."""
    modules = (QtCore, QtGui, QtWidgets, QtUiTools)
    return next(getattr(module, name) for module in modules if hasattr(module, name))
