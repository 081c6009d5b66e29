"""The addresses of the five endpoints."""
from django.urls import path
from rest_framework_simplejwt.views import TokenBlacklistView, TokenRefreshView, TokenVerifyView

from accounts.views import LoginView, RegisterView

urlpatterns = [
    path('api/accounts/register/', RegisterView.as_view()),
    path('api/accounts/login/', LoginView.as_view()),
    path('api/accounts/logout/', TokenBlacklistView.as_view()),
    path('api/accounts/token/refresh/', TokenRefreshView.as_view()),
    path('api/accounts/token/verify/', TokenVerifyView.as_view()),
]
