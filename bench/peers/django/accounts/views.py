"""Registration and login; the three token endpoints are simplejwt's own."""
from rest_framework.generics import CreateAPIView, GenericAPIView
from rest_framework.response import Response

from accounts.serializers import LoginSerializer, RegisterSerializer


class RegisterView(CreateAPIView):
    serializer_class = RegisterSerializer


class LoginView(GenericAPIView):
    serializer_class = LoginSerializer

    def post(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)
